/* SPDX-License-Identifier: BSD-2-Clause */
#include <libfdt.h>
#include <string.h>

#include "hv/console.h"
#include "hv/devtree.h"
#include "hv/domain_config.h"
#include "hv/domain_words.h"
#include "lib/page.h"

const char *domain_words_string(const void *fdt, int node, const char *name)
{
	int len;
	const char *text = fdt_getprop(fdt, node, name, &len);

	if (text && (len < 1 || memchr(text, '\0', len) != text + len - 1))
		hv_fatal("%s: %s: no string", devtree_path(fdt, node), name);
	return text;
}

/* Refuse a property of Halite's that is none: its name is spelled wrong, or of another version. */
void domain_words_check(const void *fdt, int node, const char *known)
{
	static const char prefix[] = "halite,";
	const char *name;
	const char *word;
	int at;

	fdt_for_each_property_offset (at, fdt, node) {
		if (!fdt_getprop_by_offset(fdt, at, &name, NULL) ||
		    strncmp(name, prefix, sizeof(prefix) - 1))
			continue;
		for (word = known; *word; word += strlen(word) + 1) {
			if (!strcmp(name + sizeof(prefix) - 1, word))
				break;
		}
		if (!*word)
			hv_fatal("%s: %s: this property is not known", devtree_path(fdt, node),
				 name);
	}
}

/* A name goes in front of lines on the console. So it has no spaces, and no control characters. */
const char *domain_words_name(const void *fdt, int node)
{
	const char *text = domain_words_string(fdt, node, "halite,name");
	const char *at;

	if (!text)
		text = fdt_get_name(fdt, node, NULL);
	for (at = text; *at > ' ' && *at <= '~' && at - text < DOMAIN_NAME_SIZE - 1; at++)
		;
	if (!*text || *at)
		hv_fatal("%s: halite,name: no name of at most %d characters without spaces",
			 devtree_path(fdt, node), DOMAIN_NAME_SIZE - 1);
	return text;
}

/* Xen's memory property has two cells of KiB. */
uint64_t domain_words_size(const void *fdt, int node, const char *name, uint64_t least)
{
	int len;
	const void *value = fdt_getprop(fdt, node, name, &len);
	uint64_t kib = value && len == 8 ? devtree_number(value, 2) : 0;

	if (kib < least / 1024 || kib % (PAGE_SIZE / 1024) || kib > UINT64_MAX / 1024)
		hv_fatal("%s: %s: two cells are expected, with a multiple of %lu KiB, %lu KiB at "
			 "least",
			 devtree_path(fdt, node), name, (unsigned long)PAGE_SIZE / 1024,
			 (unsigned long)least / 1024);
	return kib * 1024;
}
