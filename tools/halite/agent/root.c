/* SPDX-License-Identifier: BSD-2-Clause */
/* Specification: Linux, Documentation/filesystems/overlayfs.rst and 9p.rst. */
#include "root.h"
#include "protocol.h"
#include "system.h"

#define MODULES	     "/usr/lib/modules/"
#define MODULES_LIST "/usr/lib/modules/order"
#define LOWER	     "/halite/lower"
#define UPPER	     "/halite/upper"
#define LIST_MAX     4096
#define PATH_MAX     256
#define SIZE_MAX_TTY 9999

/* include/uapi/asm-generic/termios.h */
struct winsize {
	uint16_t rows, columns, x_pixels, y_pixels;
};

static _Noreturn void give_up(const char *why)
{
	say(why);
	power_off();
}

/* Reads at most size - 1 bytes of the file, and returns their number. A missing file has none. */
static size_t read_file(const char *path, char *text, size_t size)
{
	int file = (int)open_file(path, O_RDONLY | O_CLOEXEC);
	long got = file < 0 ? 0 : call(SYS_read, file, (long)text, (long)size - 1, 0, 0);

	if (file >= 0)
		call(SYS_close, file, 0, 0, 0, 0);
	text[got > 0 ? got : 0] = '\0';
	return got > 0 ? (size_t)got : 0;
}

/* Appends text to path, which ends at at. Returns the new end. */
static size_t append(char *path, size_t at, const char *text, size_t length)
{
	for (size_t i = 0; i < length && at < PATH_MAX - 1; i++)
		path[at++] = text[i];
	path[at] = '\0';
	return at;
}

/* A module that the kernel has already, or does not take, is not needed or missed below. */
static void load_modules(void)
{
	static char list[LIST_MAX];
	const char *name = list;

	read_file(MODULES_LIST, list, sizeof(list));
	while (*name) {
		char path[PATH_MAX];
		size_t length = 0;
		int file;

		while (name[length] && name[length] != '\n')
			length++;
		append(path, append(path, 0, MODULES, sizeof(MODULES) - 1), name, length);
		file = (int)open_file(path, O_RDONLY | O_CLOEXEC);
		if (file >= 0) {
			call(SYS_finit_module, file, (long)"", 0, 0, 0);
			call(SYS_close, file, 0, 0, 0, 0);
		}
		name += length + (name[length] == '\n');
	}
}

static long mount(const char *what, const char *path, const char *type, long flags,
		  const char *options)
{
	call(SYS_mkdirat, AT_FDCWD, (long)path, 0755, 0, 0);
	return call(SYS_mount, (long)what, (long)path, (long)type, flags, (long)options);
}

void root_enter(void)
{
	load_modules();
	if (mount(AGENT_ROOT_TAG, LOWER, "9p", MS_RDONLY,
		  "trans=virtio,version=9p2000.L,msize=262144,cache=loose") < 0)
		give_up("--rootfs: the kernel mounts no 9p over virtio (CONFIG_9P_FS, "
			"CONFIG_NET_9P_VIRTIO, or modules of the ramdisk in " MODULES_LIST ")");
	mount("tmpfs", UPPER, "tmpfs", 0, NULL);
	call(SYS_mkdirat, AT_FDCWD, (long)(UPPER "/files"), 0755, 0, 0);
	call(SYS_mkdirat, AT_FDCWD, (long)(UPPER "/work"), 0755, 0, 0);
	if (mount("overlay", AGENT_ROOT, "overlay", 0,
		  "lowerdir=" LOWER ",upperdir=" UPPER "/files,workdir=" UPPER "/work") < 0)
		give_up("--rootfs: the kernel mounts no overlay (CONFIG_OVERLAY_FS, or a module "
			"of the ramdisk in " MODULES_LIST ")");
	call(SYS_chdir, (long)AGENT_ROOT, 0, 0, 0, 0);
	call(SYS_mount, (long)".", (long)"/", 0, MS_MOVE, 0);
	call(SYS_chroot, (long)".", 0, 0, 0, 0);
	call(SYS_chdir, (long)"/", 0, 0, 0, 0);
}

/* The number that the environment has for name, which ends in '='; 0: none, or too large a one. */
static unsigned int number_of(const char *const *environment, const char *name)
{
	for (; *environment; environment++) {
		const char *text = *environment, *at = name;
		unsigned int number = 0;

		while (*at && *at == *text)
			at++, text++;
		if (*at)
			continue;
		for (; *text >= '0' && *text <= '9' && number <= SIZE_MAX_TTY; text++)
			number = number * 10 + (unsigned int)(*text - '0');
		return *text || number > SIZE_MAX_TTY ? 0 : number;
	}
	return 0;
}

/* Opens the terminal that is the kernel's console: the last one in the list. */
static int open_console(void)
{
	static char names[PATH_MAX];
	size_t end = read_file("/sys/class/tty/console/active", names, sizeof(names));
	size_t first;
	char path[PATH_MAX];

	while (end && names[end - 1] == '\n')
		end--;
	for (first = end; first && names[first - 1] != ' '; first--)
		;
	append(path, append(path, 0, "/dev/", 5), &names[first], end - first);
	return (int)open_file(path, O_RDWR);
}

_Noreturn void root_start(const char *const *environment)
{
	static const char *const inits[] = { AGENT_INITS, NULL };
	struct winsize size = { .rows = (uint16_t)number_of(environment, "LINES="),
				.columns = (uint16_t)number_of(environment, "COLUMNS=") };
	const char *words[2] = { NULL, NULL };
	int console = open_console(), status;
	long child;

	if (size.rows && size.columns)
		call(SYS_ioctl, console, TIOCSWINSZ, (long)&size, 0, 0);
	for (size_t i = 0; inits[i]; i++) {
		words[0] = inits[i];
		call(SYS_execve, (long)words[0], (long)words, (long)environment, 0, 0);
	}
	child = call(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	if (child == 0) {
		call(SYS_setsid, 0, 0, 0, 0, 0);
		call(SYS_ioctl, console, TIOCSCTTY, 1, 0, 0);
		for (int fd = 0; fd < 3; fd++)
			call(SYS_dup3, console, fd, 0, 0, 0);
		words[0] = "/bin/sh";
		call(SYS_execve, (long)words[0], (long)words, (long)environment, 0, 0);
		give_up("--rootfs: the folder has no /sbin/init and no /bin/sh that runs");
	}
	while (call(SYS_wait4, -1, (long)&status, 0, 0, 0) != child)
		;
	power_off();
}
