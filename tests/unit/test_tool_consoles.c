/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The consoles of domains: Halite's side of the frames (src/hv/uart.c) and the command's, one
 * against the other. Whatever a guest transmits is in its own file, and nowhere else.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "consoles.h"
#include "frames.h"
#include "hv/console.h"
#include "hv/uart.h"

#define ROUNDS 20000
#define SIZE   (1 << 20)
#define SAID   "halite: said\r\n"

static struct domains domains = { .count = 2, .list = { { .name = "A" }, { .name = "B" } } };
static char folder[] = "/tmp/halite-consoles-XXXXXX";
static char text[8 * SIZE];
static size_t text_size;

/* The console of the machine is taken apart at once. */
const void *console_unfinished;

uint32_t console_draw(void)
{
	return 0;
}

void console_wait(uint32_t number)
{
	(void)number;
}

void console_pass(void)
{
}

size_t console_write(const char *bytes, size_t size)
{
	size_t at, part;

	/* In pieces, as a socket may give them. */
	for (at = 0; at < size; at += part) {
		part = size - at < 7 ? size - at : 7;
		assert_true(text_size + part * CONSOLES_TEXT_MAX < sizeof(text));
		part = part ? part : 1;
		text_size += consoles_take(bytes + at, part, text + text_size);
	}
	return size;
}

static const char *path_of(const char *name)
{
	static char path[200];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static size_t read_log(const char *name, char *bytes, size_t size)
{
	FILE *file = fopen(path_of(name), "rb");
	size_t got;

	assert_non_null(file);
	got = fread(bytes, 1, size, file);
	fclose(file);
	return got;
}

static int setup(void **state)
{
	(void)state;
	strcpy(folder + strlen(folder) - 6, "XXXXXX");
	assert_non_null(mkdtemp(folder));
	text_size = 0;
	consoles_reset();
	assert_int_equal(consoles_open(folder, &domains), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	consoles_close();
	unlink(path_of("A.log"));
	unlink(path_of("B.log"));
	assert_int_equal(rmdir(folder), 0);
	return 0;
}

static unsigned int random_number(void)
{
	static unsigned int seed = 1;

	seed = seed * 1103515245 + 12345;
	return seed >> 16;
}

/* Each line of the text begins as only Halite can say. */
static void check_lines(unsigned int said)
{
	unsigned int found = 0;
	size_t at, start;

	for (at = start = 0; at < text_size; at++) {
		assert_true(text[at] != UART_FRAME);
		if (text[at] != '\n')
			continue;
		if (at + 1 - start == strlen(SAID) && !memcmp(text + start, SAID, strlen(SAID)))
			found++;
		else
			assert_true(!memcmp(text + start, "A: ", 3) ||
				    !memcmp(text + start, "B: ", 3));
		start = at + 1;
	}
	assert_int_equal(found, said);
}

static void a_guest_forges_no_frame(void **state)
{
	static const char likely[] = {
		UART_FRAME, '0', '1', '2', 'n', 'g', '\n', '\r', 'x', '\x1b'
	};
	static char sent[2][SIZE], got[SIZE];
	size_t size[2] = { 0, 0 };
	struct uart uarts[2];
	unsigned int i, said = 0;

	(void)state;
	for (i = 0; i < 2; i++) {
		uart_init(&uarts[i], domains.list[i].name);
		uarts[i].key = (char)('1' + i);
	}
	for (i = 0; i < ROUNDS; i++) {
		const unsigned int who = random_number() % 2;
		const char byte = random_number() % 4 ? likely[random_number() % sizeof(likely)]
						      : (char)random_number();

		sent[who][size[who]++] = byte;
		uart_store(&uarts[who], UART_THR, (uint8_t)byte);
		if (!(random_number() % 16))
			uart_flush(&uarts[who]);
		if (!(random_number() % 64)) {
			console_write(SAID, strlen(SAID));
			said++;
		}
	}
	for (i = 0; i < 2; i++) {
		uart_flush(&uarts[i]);
		assert_int_equal(read_log(i ? "B.log" : "A.log", got, sizeof(got)), size[i]);
		assert_memory_equal(got, sent[i], size[i]);
	}
	check_lines(said);
}

/* What is typed for several domains, and on the terminal, comes to each of them. */
static void input_has_a_target(void **state)
{
	struct frames to, from;
	unsigned int i, used, k;
	char out[FRAMES_MOST];

	(void)state;
	frames_start(&to);
	frames_start(&from);
	for (i = 0; i < ROUNDS; i++) {
		const int target = (int)(random_number() % 17) - 1;
		const char byte = random_number() % 2 ? UART_FRAME : (char)random_number();
		unsigned int bytes = 0;

		used = (unsigned int)frames_encode(&to, target, byte, out);
		assert_true(used <= sizeof(out));
		for (k = 0; k < used; k++) {
			if (!frames_decode(&from, &out[k]))
				continue;
			assert_int_equal(from.index, target);
			assert_int_equal(out[k], byte);
			bytes++;
		}
		assert_int_equal(bytes, 1);
	}
}

static int join(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path_of(name));
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/* Serves the sockets once. Returns the size of the input. */
static size_t serve(char *out, size_t room)
{
	struct pollfd fds[CONSOLES_FDS];
	size_t count = consoles_poll(fds, room);

	poll(fds, count, 0);
	return consoles_read(fds, out, room);
}

static void clients_type(void **state)
{
	char out[256];
	size_t used;
	int a, b, more[CONSOLES_CLIENTS];
	unsigned int i;

	(void)state;
	a = join("A.sock");
	b = join("B.sock");
	assert_int_equal(serve(out, sizeof(out)), 0);
	assert_int_equal(write(b, "\001x\020", 3), 3);
	assert_int_equal(write(a, "y", 1), 1);
	/* While there is no room nothing is lost. */
	assert_int_equal(serve(NULL, 0), 0);
	used = serve(out, sizeof(out));
	/* QEMU takes one of two Ctrl-A, and Halite one of two bytes that begin a frame. */
	assert_int_equal(used, 3 + 2 + 5);
	assert_memory_equal(out, "\0201y\0202\001\001x\020\020", used);
	/* The terminal is none of the domains, and has its Ctrl-A. */
	used = consoles_typed("\001x", 2, out);
	assert_int_equal(used, 4);
	assert_memory_equal(out, "\0200\001x", used);
	/* Output goes to the clients of the domain. */
	console_write("\0202hi\020n\0200", 8);
	assert_int_equal(read(b, out, sizeof(out)), 3);
	assert_memory_equal(out, "hi\n", 3);
	/* A client that has gone frees its place; one too many is closed. */
	close(a);
	serve(out, sizeof(out));
	for (i = 0; i < CONSOLES_CLIENTS; i++) {
		more[i] = join("B.sock");
		serve(out, sizeof(out));
	}
	assert_int_equal(read(more[CONSOLES_CLIENTS - 1], out, 1), 0);
	close(b);
	for (i = 0; i < CONSOLES_CLIENTS; i++)
		close(more[i]);
	serve(out, sizeof(out));
}

/* After a reset, the machine is at the terminal and Halite's text, and knows no domain. */
static void a_reset_ends_the_frames(void **state)
{
	char out[256];
	int b = join("B.sock");

	(void)state;
	assert_int_equal(serve(out, sizeof(out)), 0);
	assert_int_equal(write(b, "x", 1), 1);
	assert_int_equal(serve(out, sizeof(out)), 3);
	console_write("\0202cut off", 9);
	consoles_reset();
	text_size = 0;
	console_write("firmware\r\n", 10);
	text[text_size] = '\0';
	assert_string_equal(text, "\r\nfirmware\r\n");
	/* A reset that is not known yet does not give B's input to another one. */
	for (unsigned int i = 0; i < 2; i++) {
		assert_int_equal(write(b, "y", 1), 1);
		assert_int_equal(serve(out, sizeof(out)), 3);
		assert_memory_equal(out, "\0202y", 3);
	}
	close(b);
	serve(out, sizeof(out));
}

/* A client that does not read holds up nobody. */
static void a_client_that_does_not_read_is_dropped(void **state)
{
	static const char piece[] = "\0201a line that nobody reads\020n\0200";
	char out[4096];
	int a = join("A.sock");
	unsigned int i;

	(void)state;
	serve(out, sizeof(out));
	for (i = 0; i < 40000; i++) {
		text_size = 0;
		console_write(piece, sizeof(piece) - 1);
	}
	while (read(a, out, sizeof(out)) > 0)
		;
	close(a);
}

/* Nor does a FIFO in place of the file. */
static void a_fifo_that_nobody_reads_holds_up_nobody(void **state)
{
	static const struct domains one = { .count = 1, .list = { { .name = "C" } } };
	static const char piece[] = "\0201a line that nobody reads\020n\0200";
	int reader;
	unsigned int i;

	(void)state;
	consoles_close();
	assert_int_equal(mkfifo(path_of("C.log"), 0600), 0);
	assert_int_equal(consoles_open(folder, &one), -1);
	reader = open(path_of("C.log"), O_RDONLY | O_NONBLOCK);
	assert_true(reader >= 0);
	assert_int_equal(consoles_open(folder, &one), 0);
	for (i = 0; i < 10000; i++) {
		text_size = 0;
		console_write(piece, sizeof(piece) - 1);
	}
	close(reader);
	unlink(path_of("C.log"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_guest_forges_no_frame, setup, teardown),
		cmocka_unit_test_setup_teardown(input_has_a_target, setup, teardown),
		cmocka_unit_test_setup_teardown(clients_type, setup, teardown),
		cmocka_unit_test_setup_teardown(a_reset_ends_the_frames, setup, teardown),
		cmocka_unit_test_setup_teardown(a_client_that_does_not_read_is_dropped, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_fifo_that_nobody_reads_holds_up_nobody, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
