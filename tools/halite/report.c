/* SPDX-License-Identifier: BSD-2-Clause */
#include "report.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "message.h"
#include "run.h"
#include "symbols.h"

/* Grows by one when a member gets another meaning or goes. */
#define REPORT_FORMAT 1

/* A path may have bytes that are no UTF-8, which JSON cannot have. */
static json_t *text_or_null(const char *text)
{
	json_t *string = text ? json_string(text) : NULL;

	return string ? string : json_null();
}

static json_t *build_id(void)
{
	char path[PATH_MAX], text[2 * BUILD_ID_SIZE + 1];

	if (run_find_elf(path, sizeof(path)) < 0 || symbols_build_id(path, text) < 0)
		return json_null();
	return json_string(text);
}

static json_t *nacl_of(const struct run_options *options)
{
	json_t *list = json_array();

	for (unsigned int level = 0; level < options->depth; level++)
		json_array_append_new(list, json_string(options->nacl[level]));
	return list;
}

static json_t *domains_of(const struct domains *domains, const json_t *exits)
{
	json_t *list = json_array();

	for (unsigned int i = 0; i < domains->count; i++) {
		const struct domain *domain = &domains->list[i];
		json_t *one = json_object();

		json_object_set_new(one, "name", json_string(domain->name));
		json_object_set_new(one, "kernel", text_or_null(domain->kernel.path));
		json_object_set_new(one, "initrd", text_or_null(domain->initrd.path));
		json_object_set_new(one, "append", text_or_null(domain->append));
		json_object_set_new(one, "cpus", json_integer(domain->cpus));
		json_object_set_new(one, "memory", json_integer((json_int_t)domain->memory));
		/* The counts of --stats, by the reason of the exit. */
		json_object_set_new(one, "exits", json_copy(json_object_get(exits, domain->name)));
		if (!json_object_get(one, "exits"))
			json_object_set_new(one, "exits", json_null());
		json_array_append_new(list, one);
	}
	return list;
}

static json_t *report(const struct run_options *options, const struct qemu_version *version,
		      const struct supervised *run)
{
	json_t *all = json_object();
	char qemu[32];

	snprintf(qemu, sizeof(qemu), "%u.%u", version->major, version->minor);
	json_object_set_new(all, "format", json_integer(REPORT_FORMAT));
	json_object_set_new(all, "result", json_string(end_name(&run->end)));
	json_object_set_new(all, "status", json_integer(end_status(&run->end)));
	json_object_set_new(all, "seconds", json_real(run->seconds));
	json_object_set_new(all, "reboots", json_integer(run->reboots));
	json_object_set_new(all, "started",
			    options->native ? json_null() : json_boolean(run->text.started));
	json_object_set_new(all, "halite", json_string(HALITE_VERSION));
	json_object_set_new(all, "build_id", options->native ? json_null() : build_id());
	json_object_set_new(all, "qemu", json_string(qemu));
	json_object_set_new(all, "kernel", text_or_null(options->kernel));
	json_object_set_new(all, "initrd", text_or_null(options->initrd));
	json_object_set_new(all, "append", text_or_null(options->append));
	json_object_set_new(all, "cpus", json_integer(options->cpus));
	json_object_set_new(all, "memory", json_integer((json_int_t)options->memory));
	json_object_set_new(all, "nacl", options->native ? json_null() : nacl_of(options));
	json_object_set_new(all, "domains",
			    options->domains.count
				    ? domains_of(&options->domains, run->text.domains)
				    : json_null());
	/* The counts of --stats: by level, then by the reason of the exit. */
	json_object_set(all, "exits", run->text.exits ? run->text.exits : json_null());
	return all;
}

int report_write(int fd, const struct run_options *options, const struct qemu_version *version,
		 const struct supervised *run)
{
	json_t *all = report(options, version, run);
	struct stat st;
	FILE *file = fdopen(fd, "w");
	bool is_file = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);

	if (!file || (is_file && ftruncate(fd, 0) < 0) ||
	    json_dumpf(all, file, JSON_INDENT(2) | JSON_REAL_PRECISION(6)) < 0 ||
	    fputc('\n', file) == EOF || fclose(file) != 0) {
		message("--json '%s': %s", options->json, strerror(errno));
		return -1;
	}
	json_decref(all);
	return 0;
}
