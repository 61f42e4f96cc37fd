/* SPDX-License-Identifier: BSD-2-Clause */
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "command.h"
#include "consoles.h"
#include "dump.h"
#include "end.h"
#include "guest_file.h"
#include "live.h"
#include "message.h"
#include "options.h"
#include "qemu.h"
#include "report.h"
#include "supervise.h"
#include "symbols.h"

/* Halite prints this line when everything is ready for the guest. */
#define GUEST_STARTED "halite: kernel at "

static const char run_help[] =
	"Usage: halite run [--kernel F] [OPTIONS] [-- QEMU ARGUMENTS]\n"
	"\n"
	"Boots kernel F as a guest of Halite on QEMU's virt machine. The console is this\n"
	"terminal. Ctrl-C goes to the guest, Ctrl-A x ends QEMU, Ctrl-A c switches to QEMU's\n"
	"monitor and back.\n"
	"\n"
	"  --kernel F      a RISC-V Linux Image, or a static 64-bit RISC-V ELF that starts at its\n"
	"                  lowest address, as with QEMU's -kernel: an ELF with another entry is\n"
	"                  refused. Without this option: the Debian that 'make linux-guests' has\n"
	"                  made beside this program, with KVM and a shell\n"
	"  --initrd F      the guest's initial ramdisk. It is where QEMU's -initrd puts it, or\n"
	"                  behind the kernel if there is no room\n"
	"  --append S      the guest's command line (default: console=ttyS0 panic=-1 for a Linux\n"
	"                  Image, none for an ELF)\n"
	"  --cpus N        number of harts, 1 to 512 (default 2)\n"
	"  --memory M      RAM of the machine, such as 512M (default 2G)\n"
	"  --machine M     interrupt controllers of the machine (default: aia if QEMU has it,\n"
	"                  else plic):\n"
	"                  plic\n"
	"                  aplic: an APLIC without MSIs (QEMU 10 or later)\n"
	"                  aia: an APLIC and IMSICs (QEMU 10 or later)\n"
	"                  aia:N: N guest interrupt files on each hart, 0 to 7 (aia: 7)\n"
	"  --nacl LIST     SBI nested acceleration that Halite offers: all (default), none, or\n"
	"                  some of sync_csr,sync_hfence,sync_sret,autoswap_csr\n"
	"  --depth N       N Halites on top of each other, 1 to 4 (default 1). Then --nacl can\n"
	"                  name the offer of each, the lowest first: all,none\n"
	"                  or sync_csr+sync_sret,all\n"
	"  --give LIST     devices that the guest gets and that Halite withholds by default:\n"
	"                  fw_cfg, whose DMA reaches Halite's own memory; flash, which holds\n"
	"                  firmware; iommu, whose DMA reaches it, too; fw_cfg,flash,iommu\n"
	"  --stats         each Halite counts its guest's exits, and prints the counts when the\n"
	"                  guest powers off\n"
	"  --timeout S     the run ends after S seconds at the latest\n"
	"  --expect REGEX  the run ends as soon as a line of the console, or the part of it that\n"
	"                  is there, matches the extended regular expression\n"
	"  --no-reboot     the first reboot of the guest ends the run. Without this option the\n"
	"                  second one does\n"
	"  --console F     the console goes to file F, and nothing is typed; stdio: the default\n"
	"  --json F        writes to file F what has run and how it has ended, as JSON: result,\n"
	"                  status, seconds, versions, and the counts of --stats\n"
	"  --disk F        a disk (virtio-blk), an image in raw or qcow2 format; up to 8 times\n"
	"  --net NET       a network card (virtio-net): user, or user,hostfwd=tcp::2222-:22 with\n"
	"                  port 2222 of this machine for port 22 of the guest\n"
	"  --share DIR     a folder of this machine (virtio-9p); in the guest:\n"
	"                  mount -t 9p -o trans=virtio share /mnt\n"
	"  --rootfs DIR    the folder of riscv64 files is the guest's root. What the guest writes\n"
	"                  stays in its RAM. /sbin/init starts, or a shell, or the command of\n"
	"                  --exec. The kernel of --kernel needs 9p over virtio and overlay\n"
	"  --guest F       a kernel for a guest of the guest: /guest/Image in the ramdisk.\n"
	"                  Without --kernel and --append, the guest starts it by KVM\n"
	"  --exec COMMAND  runs the command in a shell of the guest, in place of the ramdisk's\n"
	"                  /init. Its output and its exit status are those of this program; the\n"
	"                  console is seen with --console F alone. It needs a Linux with\n"
	"                  virtio-console and a ramdisk with a shell\n"
	"  --gdb PORT      the machine waits for gdb at this TCP port (without one: 1234). The\n"
	"                  lines to type are printed\n"
	"  --trace[=N]     each Halite records the last N events of each hart (default 4096),\n"
	"                  which 'halite trace' shows while the machine runs\n"
	"  --domain D      a part of the machine with a guest of its own; once for each domain,\n"
	"                  in place of --kernel. D is a list of\n"
	"                  name=A: letters, digits, '-' and '_'\n"
	"                  memory=SIZE: such as 512M, a multiple of 2M\n"
	"                  kernel=F, initrd=F, append=S: as the options of these names\n"
	"                  cpus=N or harts=ID:ID: number of harts (default 1), or which harts\n"
	"                  devices=PATH:PATH: paths, aliases or names in the device tree\n"
	"                  pci=00:03.0+00:04.0: PCI functions, behind an IOMMU\n"
	"                  nacl=LIST: as --nacl, with + between features (default: as --nacl)\n"
	"                  tables=N: per cent of the usual part of Halite's page tables\n"
	"                  dma=trusted: it may have devices whose DMA reaches all memory\n"
	"                  power: it may turn the machine off and reset it\n"
	"                  with commas between them, and two commas for one in a value.\n"
	"                  Without --cpus and --memory, the machine is as large as needed.\n"
	"  --shared-memory name=S,size=SIZE,domains=A:B\n"
	"                  memory that the domains share, and in which they ring each other\n"
	"  --console-dir DIR\n"
	"                  the console of each domain is in the folder DIR, too: NAME.log has its\n"
	"                  output, and the Unix socket NAME.sock has output and input\n"
	"  --native        no Halite: the same guest on the bare machine, for comparison\n"
	"  --icount        time counts instructions, so that runs repeat. QEMU 7.2: one hart only\n"
	"  --qemu PATH     QEMU 7.2 or later (default: qemu-system-riscv64 in PATH)\n"
	"  -- ARGUMENTS    more arguments for QEMU, after all others\n"
	"\n"
	"The hypervisor is halite.bin beside this program or in ../lib/halite, or the file that\n"
	"the environment variable HALITE_BIN names.\n"
	"Exit status:\n"
	"  0      the guest has powered off, or --expect was seen, or Ctrl-A x was typed\n"
	"         With --exec, it is the command's status instead, if the command has ended\n"
	"  1      Halite has ended in an error, with a message on the console; or QEMU or this\n"
	"         program has failed.\n"
	"         If QEMU ends with another status, it is that one: QEMU's own errors, and guests\n"
	"         that use QEMU's test device\n"
	"  2      an argument is wrong\n"
	"  3      the guest is a Linux whose kernel has panicked and then rebooted (panic=-1); or\n"
	"         a domain was one, and has been reset\n"
	"  4      the guest has rebooted a second time, or once with --no-reboot\n"
	"  5      the guest has powered off, and --expect was not seen\n"
	"  6      a domain has ended with a failure (SBI SRST), and the machine was turned off\n"
	"  124    --timeout\n"
	"  128+N  signal N has ended this program or QEMU; 141: standard output was closed\n";

/* @path becomes that of @file, from this program's folder. Returns 0, or -1 after a message. */
static int beside_program(const char *file, char *path, size_t size)
{
	char self[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (length < 0) {
		message("cannot find where this program is: %s", strerror(errno));
		return -1;
	}
	self[length] = '\0';
	*(strrchr(self, '/') + 1) = '\0';
	if ((size_t)snprintf(path, size, "%s%s", self, file) >= size) {
		message("the path '%s%s' is too long", self, file);
		return -1;
	}
	return 0;
}

int run_find_hypervisor(char *path, size_t size)
{
	/* As `make` builds it, and as `make install` installs it. */
	static const char *const places[] = { "halite.bin", "../lib/halite/halite.bin" };
	const char *chosen = getenv("HALITE_BIN");

	if (chosen && *chosen) {
		snprintf(path, size, "%s", chosen);
		if (access(path, R_OK) == 0)
			return 0;
	} else {
		for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
			if (beside_program(places[i], path, size) < 0)
				return -1;
			if (access(path, R_OK) == 0)
				return 0;
		}
	}
	message("the hypervisor '%s': %s; expected halite.bin beside this program or in "
		"../lib/halite, or its path in HALITE_BIN",
		path, strerror(errno));
	return -1;
}

int run_find_elf(char *path, size_t size)
{
	char *end;

	if (run_find_hypervisor(path, size) < 0)
		return -1;
	end = strrchr(path, '.');
	if (end && !strcmp(end, ".bin"))
		memcpy(end, ".elf", 4);
	return 0;
}

/* Ends this process as the end says. A signal ends it as if it had not been caught. */
static int finish(const struct end *end)
{
	int number = end->kind == END_CLOSED ? SIGPIPE : end->number;
	sigset_t set;

	if (end->kind == END_SIGNAL || end->kind == END_CLOSED) {
		fflush(NULL);
		signal(number, SIG_DFL);
		sigemptyset(&set);
		sigaddset(&set, number);
		raise(number);
		sigprocmask(SIG_UNBLOCK, &set, NULL);
	}
	return end_status(end);
}

/* Halite is linked for the address where firmware starts it, and then moves to its home. */
static void tell_home(uint64_t address)
{
	struct symbols symbols;
	char elf[PATH_MAX];

	if (run_find_elf(elf, sizeof(elf)) == 0 && symbols_read(elf, &symbols) == 0)
		message("Halite is at home; in gdb: add-symbol-file %s -o 0x%llx", elf,
			(unsigned long long)(address - symbols.base));
}

/* QEMU is ready: it takes connections. */
static void tell_gdb(const void *context)
{
	const struct run_options *options = context;
	char elf[PATH_MAX];

	if (options->native || run_find_elf(elf, sizeof(elf)) < 0)
		snprintf(elf, sizeof(elf), "%s", options->kernel);
	message("waiting for gdb: gdb-multiarch -ex 'target remote localhost:%u' %s", options->gdb,
		elf);
}

/* Opens a file for output. Returns its descriptor, or -1 after a message. */
static int open_for(const char *name, const char *path, int flags)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | flags, 0666);

	if (fd < 0)
		message("%s '%s': %s", name, path, strerror(errno));
	return fd;
}

/* Returns whether @path, the value of @name, is no other file of the run; a message if it is. */
static bool is_free(const char *name, const char *path, const struct run_options *options)
{
	const struct {
		const char *name, *path;
	} others[] = {
		{ "--kernel", options->kernel },
		{ "--initrd", options->initrd },
		{ "--guest", options->guest },
		{ "--console", strcmp(name, "--console") ? options->console : NULL },
	};

	for (size_t i = 0; path && i < sizeof(others) / sizeof(others[0]); i++) {
		if (others[i].path && guest_file_is_same(path, others[i].path)) {
			message("%s '%s': it is the file of %s: give another path", name, path,
				others[i].name);
			return false;
		}
	}
	for (unsigned int i = 0; path && i < options->disk_count; i++) {
		if (guest_file_is_same(path, options->disks[i])) {
			message("%s '%s': it is a --disk: give another path", name, path);
			return false;
		}
	}
	return true;
}

/* How the line begins that Halite prints when all is ready for the guest, or the last domain. */
static const char *guest_started(const struct run_options *options)
{
	const struct domains *domains = &options->domains;
	char *text;

	if (options->native)
		return NULL;
	if (!domains->count)
		return GUEST_STARTED;
	if (asprintf(&text, "halite: domain %s: kernel at ",
		     domains->list[domains->count - 1].name) < 0)
		abort();
	return text;
}

/* Runs QEMU. If Halite prints a dump of a trap, prints names for its addresses. */
static int run_qemu(char **argv, const struct run_options *options,
		    const struct qemu_version *version)
{
	static struct supervised run;
	char elf[PATH_MAX];
	int report = -1;

	if (!is_free("--json", options->json, options) ||
	    !is_free("--console", options->console, options))
		return EXIT_USAGE;
	/* A report that nobody can write is an error before the run, not behind it. */
	if (options->json && (report = open_for("--json", options->json, 0)) < 0)
		return EXIT_USAGE;
	run.exec = options->exec;
	run.to_file = options->console;
	if (options->console && (run.file = open_for("--console", options->console, O_TRUNC)) < 0)
		return EXIT_USAGE;
	if (!is_free("--json", options->json, options))
		return EXIT_USAGE;
	if (options->console_dir && consoles_open(options->console_dir, &options->domains) < 0)
		return EXIT_USAGE;
	run.frames = options->console_dir;
	run.ready = options->gdb ? tell_gdb : NULL;
	run.context = options;
	run.at_home = options->gdb && !options->native ? tell_home : NULL;

	run.timeout = options->timeout;
	run.one_boot = options->no_reboot;
	run.text.start = guest_started(options);
	run.text.wait = options->expect ? &options->expect_regex : NULL;
	supervise(&run, argv);
	consoles_close();
	live_remove();
	if (run.text.length && !run.exec && run.end.kind != END_CLOSED &&
	    run.end.kind != END_OUTPUT)
		fputc('\n', stderr);
	end_tell(&run.end, run.text.domain_of_panic, run.text.domain_of_failure);
	if (run.text.agent[0])
		message("%s", run.text.agent);
	if (run.exec && run.end.kind != END_EXEC && run.end.kind != END_CLOSED && !run.to_file)
		message("add --console FILE to see the guest's messages");
	if (report >= 0 && report_write(report, options, version, &run) < 0 &&
	    end_status(&run.end) == EXIT_SUCCESS)
		return EXIT_FAILURE;
	if (!options->native && run_find_elf(elf, sizeof(elf)) == 0)
		dump_print(&run.text.dump, elf);
	return finish(&run.end);
}

/*
 * Without these, a descriptor of this program's would get the number of one of them. Returns 0, or
 * -1 after a message.
 */
static int check_streams(void)
{
	if (fcntl(STDIN_FILENO, F_GETFD) < 0 && open("/dev/null", O_RDONLY) < 0)
		return -1;
	if (fcntl(STDOUT_FILENO, F_GETFD) < 0) {
		message("standard output is closed; expected a file, a pipe or a terminal");
		return -1;
	}
	if (fcntl(STDERR_FILENO, F_GETFD) < 0 && open("/dev/null", O_WRONLY) < 0)
		return -1;
	return 0;
}

/* The terminal is this program's, so QEMU cannot have it. Returns 0, or -1 after a message. */
static int check_qemu_arguments(char **arguments)
{
	for (; *arguments; arguments++) {
		const char *name = *arguments + strspn(*arguments, "-");

		if (arguments[1] && **arguments == '-' && strstr(arguments[1], "stdio") &&
		    (!strcmp(name, "serial") || !strcmp(name, "monitor") ||
		     !strcmp(name, "chardev") || !strcmp(name, "qmp"))) {
			message("'%s %s': the terminal is the console of the guest, in which "
				"Ctrl-A c switches to QEMU's monitor; expected another place than "
				"stdio",
				arguments[0], arguments[1]);
			return -1;
		}
	}
	return 0;
}

/*
 * A UART does not tell the size of the terminal. The kernel gives words that it does not know to
 * the first process, in its environment.
 */
static const char *with_terminal_size(const struct run_options *options, const char *append)
{
	struct winsize size;
	char *words;

	if (options->exec || options->console || !isatty(STDIN_FILENO) ||
	    ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || !size.ws_row || !size.ws_col)
		return append;
	if (asprintf(&words, "%s LINES=%u COLUMNS=%u", append, size.ws_row, size.ws_col) < 0)
		abort();
	return words;
}

/*
 * Without --kernel, the guest is the Debian that `make linux-guests` has made beside this program.
 * Returns 0, or -1 after a message that there is none.
 */
static int choose_kernel(struct run_options *options)
{
	static char kernel[PATH_MAX], initrd[PATH_MAX];

	if (options->kernel || options->domains.count)
		return 0;
	if (beside_program("guests/client/Image", kernel, sizeof(kernel)) < 0 ||
	    beside_program(options->rootfs ? "guests/client/modules.cpio" : "guests/client/l1.cpio",
			   initrd, sizeof(initrd)) < 0)
		return -1;
	if (access(kernel, R_OK) < 0 || access(initrd, R_OK) < 0) {
		message("run: --kernel is missing; expected a RISC-V Linux Image or ELF. In "
			"Halite's sources, 'make linux-guests' fetches Debian's kernel and makes "
			"it the default");
		return -1;
	}
	options->kernel = kernel;
	if (!options->initrd)
		options->initrd = initrd;
	if (!options->append)
		options->append = with_terminal_size(
			options, options->guest
					 ? "console=ttyS0 panic=-1 quiet halite.scene=guest"
					 : "console=ttyS0 panic=-1 quiet halite.scene=shell");
	return 0;
}

int run_main(char **argv)
{
	struct run_options options;
	struct qemu_version version;
	struct words words = { NULL, 0 };

	if (run_options_parse(argv, &options) < 0)
		return EXIT_USAGE;
	if (options.help) {
		fputs(run_help, stdout);
		return EXIT_SUCCESS;
	}
	if (check_streams() < 0 || check_qemu_arguments(options.qemu_arguments) < 0 ||
	    choose_kernel(&options) < 0 || command_make(&words, &options, &version) < 0)
		return EXIT_USAGE;
	return run_qemu(words.list, &options, &version);
}
