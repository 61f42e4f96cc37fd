/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A freestanding program that uses one of the installed libraries: src/hext with USE_HEXT, else
 * src/nacl. tests/run tool-install-libraries links it, and does not run it.
 */
#include <stddef.h>

#ifdef USE_HEXT
#include "hext/hext.h"

static struct hext_hart hart;

static void use(void)
{
	hext_init(&hart, NULL, NULL, NULL);
}
#else
#include "nacl/client.h"
#include "nacl/host.h"

static struct nacl_host host;

static void use(void)
{
	nacl_host_reset(&host);
}
#endif

_Noreturn void assert_failed(const char *file, int line, const char *expression);
void *memcpy(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
void _start(void);

_Noreturn void assert_failed(const char *file, int line, const char *expression)
{
	(void)file;
	(void)line;
	(void)expression;
	for (;;)
		;
}

void *memcpy(void *to, const void *from, size_t size)
{
	for (size_t i = 0; i < size; i++)
		((char *)to)[i] = ((const char *)from)[i];
	return to;
}

void *memset(void *to, int byte, size_t size)
{
	for (size_t i = 0; i < size; i++)
		((char *)to)[i] = (char)byte;
	return to;
}

void _start(void)
{
	use();
	for (;;)
		;
}
