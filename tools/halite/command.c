/* SPDX-License-Identifier: BSD-2-Clause */
#include "command.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "agent/protocol.h"
#include "devices.h"
#include "guest_file.h"
#include "live.h"
#include "message.h"
#include "place.h"
#include "ramdisk.h"
#include "run.h"
#include "supervise.h"
#include "tree.h"

/* The machine without --machine. */
static enum machine default_machine(const struct qemu_version *version)
{
	return version->major >= QEMU_AIA_MAJOR ? MACHINE_AIA : MACHINE_PLIC;
}

/*
 * QEMU's own message for RAM that the host does not have names no option. Whoever gives QEMU a
 * memory backend knows what the host has. Returns 0, or -1 after a message.
 */
static int check_memory(const struct run_options *options)
{
	void *memory;

	for (char **word = options->qemu_arguments; *word; word++) {
		if (strstr(*word, "memory-backend") || strstr(*word, "-mem-path"))
			return 0;
	}
	memory = mmap(NULL, options->memory, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		      -1, 0);
	if (memory == MAP_FAILED) {
		message("--memory: %llu MiB: %s; expected no more than this machine has",
			(unsigned long long)(options->memory >> 20), strerror(errno));
		return -1;
	}
	munmap(memory, options->memory);
	return 0;
}

/* Returns 0, or -1 after a message. */
static int add_machine(struct words *words, const struct run_options *options,
		       const struct qemu_version *version)
{
	enum machine machine = options->machine;

	if (machine == MACHINE_DEFAULT)
		machine = default_machine(version);
	if (machine != MACHINE_PLIC && version->major < QEMU_AIA_MAJOR) {
		message("--machine %s with QEMU %u.%u; expected --machine plic, "
			"or QEMU %d or later",
			machine == MACHINE_AIA ? "aia" : "aplic", version->major, version->minor,
			QEMU_AIA_MAJOR);
		return -1;
	}
	words_add(words, "-M");
	if (machine == MACHINE_AIA)
		words_add(words, "virt,aia=aplic-imsic,aia-guests=%u", options->guest_files);
	else
		words_add(words, machine == MACHINE_APLIC ? "virt,aia=aplic" : "virt");
	return 0;
}

/* Returns 0, or -1 after a message. */
static int add_icount(struct words *words, const struct run_options *options,
		      const struct qemu_version *version)
{
	if (version->major >= 8) {
		words_add(words, "-icount");
		words_add(words, "shift=0,sleep=off");
		return 0;
	}
	if (options->cpus != 1) {
		message("--icount with --cpus %u: QEMU %u.%u hangs then; expected --cpus 1 "
			"or QEMU 8 or later",
			options->cpus, version->major, version->minor);
		return -1;
	}
	words_add(words, "-icount");
	words_add(words, "shift=0");
	return 0;
}

static void add_native_guest(struct words *words, const struct run_options *options)
{
	words_add(words, "-kernel");
	words_add(words, "%s", options->kernel);
	if (options->ramdisk) {
		words_add(words, "-initrd");
		words_add(words, "%s", options->ramdisk);
	}
	if (*options->append) {
		words_add(words, "-append");
		words_add(words, "%s", options->append);
	}
}

/* The command line of the Halite at level; the lowest level is 0. */
static const char *halite_words(const struct run_options *options, unsigned int level)
{
	char *words;

	if (asprintf(&words, "nacl=%s%s%s%s%s%s%s", options->nacl[level],
		     options->give ? " give=" : "", options->give ? options->give : "",
		     options->stats ? " stats" : "", options->trace ? " " : "",
		     options->trace ? options->trace : "",
		     options->console_dir ? " console=frames" : "") < 0)
		abort();
	return words;
}

/*
 * Adds Halite as the machine's kernel, and the guest's files as multiboot modules. Returns 0, or -1
 * after a message.
 */
static int add_halite_guest(struct words *words, const struct run_options *options,
			    const struct guest_file *kernel, uint64_t initrd_size,
			    const struct qemu_version *version)
{
	struct guest_file halite;
	struct placement placement;
	struct sizes sizes = {
		.memory = options->memory,
		.cpus = options->cpus,
		.kernel_start = kernel->start,
		.initrd = initrd_size,
		.initrd_far = version->major >= QEMU_INITRD_FAR_MAJOR,
	};
	char path[PATH_MAX];

	if (run_find_hypervisor(path, sizeof(path)) < 0 ||
	    guest_file_kernel(path, "the hypervisor", &halite) < 0)
		return -1;
	sizes.running_end = halite.end > kernel->end ? halite.end : kernel->end;
	sizes.halite = halite.size;
	/* Counts the kernel's bss, so that Halite can start the kernel where it is. */
	sizes.kernel = kernel->end - kernel->start;
	if (sizes.kernel < kernel->size)
		sizes.kernel = kernel->size;
	if (place_modules(&sizes, options->depth, &placement) < 0)
		return -1;
	words_add(words, "-kernel");
	words_add(words, "%s", path);
	words_add(words, "-append");
	words_add(words, "%s", halite_words(options, 0));
	for (unsigned int level = 1; level < options->depth; level++) {
		words_add(words, "-device");
		words_add(words, "guest-loader,addr=0x%llx,kernel=%s,bootargs=%s",
			  (unsigned long long)placement.halite[level], qemu_quote(path),
			  qemu_quote(halite_words(options, level)));
	}
	words_add(words, "-device");
	words_add(words, "guest-loader,addr=0x%llx,kernel=%s,bootargs=%s",
		  (unsigned long long)placement.kernel, qemu_quote(options->kernel),
		  qemu_quote(options->append));
	if (options->ramdisk) {
		words_add(words, "-device");
		words_add(words, "guest-loader,addr=0x%llx,initrd=%s",
			  (unsigned long long)placement.initrd, qemu_quote(options->ramdisk));
	}
	return 0;
}

/* Adds the socket for `halite stat` and `halite trace`. Without it, the machine runs as well. */
static void add_live(struct words *words)
{
	char *chardev = live_chardev();

	if (!chardev)
		return;
	words_add(words, "-chardev");
	words_add(words, "%s", chardev);
	words_add(words, "-mon");
	words_add(words, "chardev=halite-live,mode=control");
	free(chardev);
}

/* The words with those that make the agent the first process. */
static const char *with_agent(const char *append)
{
	char *words;

	if (asprintf(&words, "%s rdinit=" AGENT_PROGRAM, append) < 0)
		abort();
	return words;
}

/* The files of a machine with one guest. */
struct guest {
	struct guest_file kernel;
	uint64_t initrd_size; /* of options->ramdisk */
};

/*
 * Reads the guest's files, and adds what --exec, --guest and --rootfs ask for. Returns 0, or -1
 * after a message.
 */
static int read_guest(struct run_options *options, struct guest *guest)
{
	*guest = (struct guest){ .initrd_size = 0 };
	if (guest_file_kernel(options->kernel, "--kernel", &guest->kernel) < 0)
		return -1;
	if (!options->append)
		options->append = guest->kernel.is_elf ? "" : "console=ttyS0 panic=-1";
	if (options->initrd &&
	    guest_file_size(options->initrd, "--initrd", &guest->initrd_size) < 0)
		return -1;
	if (guest->kernel.is_elf && (options->exec || options->guest || options->rootfs)) {
		message("--kernel '%s' is an ELF; --exec, --guest and --rootfs need a Linux Image",
			options->kernel);
		return -1;
	}
	if (ramdisk_make(options) < 0 ||
	    (options->ramdisk &&
	     guest_file_size(options->ramdisk, "--initrd", &guest->initrd_size) < 0))
		return -1;
	if (options->exec || options->rootfs)
		options->append = with_agent(options->append);
	return 0;
}

/* Reads and places the files of the domains. Returns 0, or -1 after a message. */
static int read_domains(struct run_options *options)
{
	struct guest_file halite;
	char path[PATH_MAX];

	if (domains_read_files(&options->domains) < 0 ||
	    run_find_hypervisor(path, sizeof(path)) < 0 ||
	    guest_file_kernel(path, "the hypervisor", &halite) < 0)
		return -1;
	return place_domains(&options->domains, halite.end, options->cpus, &options->memory);
}

static void add_file(struct words *words, const struct domain_file *file)
{
	if (!file->path)
		return;
	words_add(words, "-device");
	words_add(words, "loader,addr=0x%llx,force-raw=on,file=%s",
		  (unsigned long long)file->address, qemu_quote(file->path));
}

/* Adds Halite as the machine's kernel, and the domains' files. Returns 0, or -1 after a message. */
static int add_domains(struct words *words, const struct run_options *options)
{
	char path[PATH_MAX];

	if (run_find_hypervisor(path, sizeof(path)) < 0)
		return -1;
	words_add(words, "-kernel");
	words_add(words, "%s", path);
	words_add(words, "-append");
	words_add(words, "%s", halite_words(options, 0));
	for (unsigned int i = 0; i < options->domains.count; i++) {
		add_file(words, &options->domains.list[i].kernel);
		add_file(words, &options->domains.list[i].initrd);
	}
	return 0;
}

/* Adds the machine itself. Returns 0, or -1 after a message. */
static int add_hardware(struct words *words, const struct run_options *options,
			const struct qemu_version *version)
{
	words_add(words, "%s", options->qemu);
	if (add_machine(words, options, version) < 0)
		return -1;
	words_add(words, "-cpu");
	words_add(words, "rv64,h=true");
	words_add(words, "-smp");
	words_add(words, "%u", options->cpus);
	words_add(words, "-m");
	words_add(words, "%lluK", (unsigned long long)(options->memory / 1024));
	return 0;
}

static void add_words(struct words *words, char **list)
{
	for (; *list; list++)
		words_add(words, "%s", *list);
}

/* Makes the device tree with the domains. Returns its path, or NULL after a message. */
static const char *make_tree(struct run_options *options, const struct qemu_version *version)
{
	static char *quiet[] = { "-display", "none", "-serial", "null", "-monitor", "none", NULL };
	struct words words = { NULL, 0 };

	if (add_hardware(&words, options, version) < 0)
		return NULL;
	add_words(&words, quiet);
	/* The user's arguments may change the machine. */
	add_words(&words, options->qemu_arguments);
	return tree_make(&words, &options->domains, options->nacl[0]);
}

int command_make(struct words *words, struct run_options *options, struct qemu_version *version)
{
	const bool has_domains = options->domains.count;
	const char *tree = NULL;
	struct guest guest;

	if (has_domains ? read_domains(options) < 0 : read_guest(options, &guest) < 0)
		return -1;
	if (qemu_check(options->qemu, version) < 0)
		return -1;
	if (add_hardware(words, options, version) < 0)
		return -1;
	if (has_domains && !(tree = make_tree(options, version)))
		return -1;
	if (check_memory(options) < 0 ||
	    supervise_options(words, options->exec, qemu_has_iommu(options->qemu_arguments)) < 0)
		return -1;
	if (options->icount && add_icount(words, options, version) < 0)
		return -1;
	if (options->native)
		add_native_guest(words, options);
	else if (has_domains ? add_domains(words, options) < 0
			     : add_halite_guest(words, options, &guest.kernel, guest.initrd_size,
						version) < 0)
		return -1;
	if (devices_add(words, options) < 0)
		return -1;
	if (options->gdb) {
		words_add(words, "-S");
		words_add(words, "-gdb");
		words_add(words, "tcp:127.0.0.1:%u", options->gdb);
	}
	if (options->stats || options->trace)
		add_live(words);
	add_words(words, options->qemu_arguments);
	if (tree) {
		words_add(words, "-dtb");
		words_add(words, "%s", tree);
	}
	return 0;
}
