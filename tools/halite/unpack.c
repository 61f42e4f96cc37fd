/* SPDX-License-Identifier: BSD-2-Clause */
#include "unpack.h"

#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#define ZLIB_CONST
#include <zlib.h>
#include <zstd.h>

#include "guest_file.h"
#include "message.h"

#define UNPACKED_MAX (1ull << 30)
#define CHUNK	     (1u << 20)
#define GZIP_WINDOW  (15 + 16) /* zlib: the largest window, and the header of gzip */

/* The head of an EFI zboot image: Linux drivers/firmware/efi/libstub/zboot-header.S. */
struct zboot_header {
	char mz[4];
	char magic[4]; /* "zimg" */
	uint32_t offset;
	uint32_t size;
	uint32_t reserved[2];
	char type[32]; /* name of the compression */
};

/* Compressed data, and where it comes from and goes to. */
struct job {
	const char *path, *what;
	const uint8_t *data;
	size_t size;
	int out; /* a file without a name */
	uint64_t written;
};

/* Returns 0, or -1 after a message. */
static int put(struct job *job, const void *bytes, size_t size)
{
	job->written += size;
	if (job->written > UNPACKED_MAX) {
		message("%s: '%s' has more than %llu MiB when it is unpacked; expected a kernel",
			job->what, job->path, UNPACKED_MAX >> 20);
		return -1;
	}
	if (write(job->out, bytes, size) != (ssize_t)size) {
		message("%s: '%s': no memory to unpack it: %s", job->what, job->path,
			strerror(errno));
		return -1;
	}
	return 0;
}

static int damaged(const struct job *job, const char *format, const char *why)
{
	message("%s: '%s': the %s data is cut short or damaged (%s): get the file again", job->what,
		job->path, format, why);
	return -1;
}

static int unpack_gzip(struct job *job)
{
	static uint8_t chunk[CHUNK];
	z_stream z = { .next_in = job->data, .avail_in = (uInt)job->size };
	int status = inflateInit2(&z, GZIP_WINDOW);
	int result = 0;

	while (status == Z_OK && result == 0) {
		z.next_out = chunk;
		z.avail_out = sizeof(chunk);
		status = inflate(&z, Z_NO_FLUSH);
		if (status == Z_OK || status == Z_STREAM_END)
			result = put(job, chunk, sizeof(chunk) - z.avail_out);
	}
	if (result == 0 && status != Z_STREAM_END)
		result = damaged(job, "gzip", z.msg ? z.msg : zError(status));
	inflateEnd(&z);
	return result;
}

static int unpack_zstd(struct job *job)
{
	static uint8_t chunk[CHUNK];
	ZSTD_inBuffer in = { job->data, job->size, 0 };
	ZSTD_DStream *stream = ZSTD_createDStream();
	size_t left = 1; /* 0: the frame is complete */
	int result = stream ? 0 : -1;

	if (!stream)
		message("out of memory");
	while (result == 0 && left) {
		ZSTD_outBuffer out = { chunk, sizeof(chunk), 0 };
		size_t before = in.pos;

		left = ZSTD_decompressStream(stream, &out, &in);
		if (ZSTD_isError(left))
			result = damaged(job, "zstd", ZSTD_getErrorName(left));
		else if (left && !out.pos && in.pos == before)
			result = damaged(job, "zstd", "no end");
		else
			result = put(job, chunk, out.pos);
	}
	ZSTD_freeDStream(stream);
	return result;
}

/* Makes *job the compressed part of a zboot image. Returns 0, or -1 after a message. */
static int open_zboot(struct job *job)
{
	struct zboot_header header;
	uint64_t offset, size;

	memcpy(&header, job->data, sizeof(header));
	offset = le32toh(header.offset);
	size = le32toh(header.size);
	if (offset > job->size || size > job->size - offset)
		return damaged(job, "zboot", "its payload is not in the file");
	if (memcmp(header.type, "gzip", 5) && memcmp(header.type, "zstd", 4)) {
		message("%s: '%s' is an EFI zboot image with %.*s data; expected gzip or zstd: "
			"give the Image from which it was made",
			job->what, job->path, (int)strnlen(header.type, sizeof(header.type)),
			header.type);
		return -1;
	}
	job->data += offset;
	job->size = size;
	return 0;
}

static bool begins(const struct job *job, const char *magic, size_t size)
{
	return job->size >= size && !memcmp(job->data, magic, size);
}

/* Returns 0: job->out has the kernel; 1: the file is not compressed; -1 after a message. */
static int unpack(struct job *job)
{
	if (job->size >= sizeof(struct zboot_header) && !memcmp(job->data, "MZ", 2) &&
	    !memcmp(job->data + 4, "zimg", 4) && open_zboot(job) < 0)
		return -1;
	if (!begins(job, "\x1f\x8b", 2) && !begins(job, "\x28\xb5\x2f\xfd", 4))
		return 1;
	if (job->size > UNPACKED_MAX) {
		message("%s: '%s' has more than %llu MiB; expected a kernel", job->what, job->path,
			UNPACKED_MAX >> 20);
		return -1;
	}
	job->out = memfd_create("kernel", MFD_CLOEXEC);
	if (job->out < 0) {
		message("%s: '%s': cannot unpack it: %s", job->what, job->path, strerror(errno));
		return -1;
	}
	return begins(job, "\x1f\x8b", 2) ? unpack_gzip(job) : unpack_zstd(job);
}

int unpack_kernel(const char *path, const char *what)
{
	struct job job = { .path = path, .what = what, .out = -1 };
	uint64_t size;
	void *data;
	int result;
	int fd = guest_file_open(path, what, &size);

	if (fd < 0)
		return -1;
	data = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED) {
		message("%s: '%s': %s", what, path, strerror(errno));
		close(fd);
		return -1;
	}
	job.data = data;
	job.size = size;
	result = unpack(&job);
	munmap(data, size);
	if (result > 0)
		return fd;
	close(fd);
	if (result == 0)
		return job.out;
	if (job.out >= 0)
		close(job.out);
	return -1;
}
