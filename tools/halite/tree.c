/* SPDX-License-Identifier: BSD-2-Clause */
#include "tree.h"

#include <errno.h>
#include <fcntl.h>
#include <libfdt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "message.h"
#include "shared.h"

/* QEMU tells a tree at once, unless one of its arguments makes it wait. */
#define SECONDS		   20
#define TREE_MAX	   (16 << 20)
#define PATH_OF_DEVICE_MAX 256
/* Bytes that suffice for a domain's nodes, beside its devices and a given command line. */
#define DOMAIN_SIZE 4096
/* Bytes that suffice for a node of shared memory. */
#define SHARED_SIZE (256 + DOMAINS_MAX * (DOMAIN_NAME_MAX + 1))

/* ---- the tree that QEMU tells ---- */

/* Runs the command with its words to log. Returns whether it has succeeded. */
static bool run(char **command, int log)
{
	const struct timespec pause = { 0, 10 * 1000 * 1000 };
	int status;
	pid_t child = fork();

	if (child == 0) {
		int null = open("/dev/null", O_RDWR);

		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		dup2(log, STDERR_FILENO);
		execvp(command[0], command);
		_exit(127);
	}
	if (child < 0)
		return false;
	for (int i = 0; i < SECONDS * 100; i++) {
		if (waitpid(child, &status, WNOHANG) == child)
			return WIFEXITED(status) && WEXITSTATUS(status) == 0;
		nanosleep(&pause, NULL);
	}
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	return false;
}

/* What QEMU has said is the user's to read. */
static void *complain(int log)
{
	char text[4096];
	ssize_t got = pread(log, text, sizeof(text), 0);

	if (got > 0)
		fwrite(text, 1, (size_t)got, stderr);
	message("QEMU has not told the device tree of the machine, which --domain needs");
	return NULL;
}

/* Reads a tree, with room for more bytes. NULL: this is no tree. */
static void *read_tree(const char *path, size_t more)
{
	void *tree = NULL;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	size_t size;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) == 0 && st.st_size > 0 && st.st_size <= TREE_MAX) {
		size = (size_t)st.st_size;
		tree = calloc(1, size + more);
		if (tree &&
		    (read(fd, tree, size) != (ssize_t)size || fdt_check_full(tree, size) != 0 ||
		     fdt_open_into(tree, tree, (int)(size + more)) != 0)) {
			free(tree);
			tree = NULL;
		}
	}
	close(fd);
	return tree;
}

/* Lets QEMU write the tree in a folder of its own. Returns the tree, or NULL after a message. */
static void *ask_qemu(const struct words *command, size_t more)
{
	const char *place = getenv("TMPDIR");
	char folder[PATH_MAX], file[PATH_MAX + 8];
	struct words words = { NULL, 0 };
	int log = memfd_create("halite-log", MFD_CLOEXEC);
	void *tree = NULL;

	snprintf(folder, sizeof(folder), "%s/halite-XXXXXX", place && *place ? place : "/tmp");
	if (log < 0 || !mkdtemp(folder)) {
		message("cannot make the folder '%s' for the device tree: %s", folder,
			strerror(errno));
		return NULL;
	}
	snprintf(file, sizeof(file), "%s/tree", folder);
	for (size_t i = 0; i < command->count; i++)
		words_add(&words, "%s", command->list[i]);
	words_add(&words, "-M");
	words_add(&words, "dumpdtb=%s", qemu_quote(file));
	if (run(words.list, log))
		tree = read_tree(file, more);
	unlink(file);
	rmdir(folder);
	if (!tree)
		complain(log);
	close(log);
	return tree;
}

/* ---- devices ---- */

/* The only node with this name in the tree; -FDT_ERR_NOTFOUND: there is none, or several. */
static int node_of_name(const void *tree, const char *name)
{
	int found = -FDT_ERR_NOTFOUND;

	for (int node = fdt_next_node(tree, -1, NULL); node >= 0;
	     node = fdt_next_node(tree, node, NULL)) {
		const char *this = fdt_get_name(tree, node, NULL);

		if (!this || strcmp(this, name) != 0)
			continue;
		if (found >= 0)
			return -FDT_ERR_NOTFOUND;
		found = node;
	}
	return found;
}

/* The domain before end that has the device, which is a path; NULL: none. */
static const struct domain *owner_of(const struct domains *domains, const struct domain *end,
				     const char *path)
{
	for (const struct domain *other = domains->list; other <= end; other++) {
		for (unsigned int i = 0; i < other->device_count; i++) {
			if (other->devices[i] == path)
				return NULL;
			if (!strcmp(other->devices[i], path))
				return other;
		}
	}
	return NULL;
}

/* Makes a path of a device's path, alias or name. Returns 0, or -1 after a message. */
static int find_device(const void *tree, const struct domains *domains, struct domain *domain,
		       unsigned int number)
{
	const char *given = domain->devices[number];
	char path[PATH_OF_DEVICE_MAX];
	int node = fdt_path_offset(tree, given);
	const struct domain *owner;

	if (node < 0)
		node = node_of_name(tree, given);
	if (node <= 0 || fdt_get_path(tree, node, path, sizeof(path)) < 0) {
		message("--domain %s: devices '%s': expected the path, the alias or the unique "
			"name of a node in the machine's device tree",
			domain->name, given);
		return -1;
	}
	domain->devices[number] = strdup(path);
	if (!domain->devices[number])
		abort();
	owner = owner_of(domains, domain, domain->devices[number]);
	if (owner) {
		message("--domain %s: devices '%s': domain %s has this device", domain->name, given,
			owner->name);
		return -1;
	}
	return 0;
}

/* Does find_device() for all devices. Returns 0, or -1 after a message. */
static int find_devices(const void *tree, struct domains *domains)
{
	for (unsigned int i = 0; i < domains->count; i++) {
		for (unsigned int j = 0; j < domains->list[i].device_count; j++) {
			if (find_device(tree, domains, &domains->list[i], j) < 0)
				return -1;
		}
	}
	return 0;
}

int tree_name_devices(const char *path, struct domains *domains)
{
	void *tree = read_tree(path, 0);
	int result;

	if (!tree) {
		message("--dtb: '%s' is no device tree, or is damaged: give a .dtb file", path);
		return -1;
	}
	result = find_devices(tree, domains);
	free(tree);
	return result;
}

/* ---- the nodes ---- */

static int add_text(void *tree, int node, const char *name, const char *text)
{
	return text ? fdt_setprop_string(tree, node, name, text) : 0;
}

/* Adds the node of a file. Returns 0, or an error of libfdt. */
static int add_module(void *tree, int parent, const char *kind, const struct domain_file *file,
		      const char *bootargs)
{
	char name[32], compatible[64];
	int error, node, length;

	if (!file->path)
		return 0;
	snprintf(name, sizeof(name), "module@%llx", (unsigned long long)file->address);
	node = fdt_add_subnode(tree, parent, name);
	if (node < 0)
		return node;
	length = snprintf(compatible, sizeof(compatible), "multiboot,%s%cmultiboot,module", kind,
			  '\0');
	error = fdt_setprop(tree, node, "compatible", compatible, length + 1);
	if (!error)
		error = fdt_setprop_u64(tree, node, "reg", file->address);
	if (!error)
		error = fdt_appendprop_u64(tree, node, "reg", file->size);
	return error ? error : add_text(tree, node, "bootargs", bootargs);
}

static int add_harts(void *tree, int node, const struct domain *domain)
{
	int error = 0;

	if (!domain->hart_count)
		return fdt_setprop_u32(tree, node, "cpus", domain->cpus);
	for (unsigned int i = 0; i < domain->hart_count && !error; i++)
		error = fdt_appendprop_u32(tree, node, "halite,harts", domain->harts[i]);
	return error;
}

static int add_properties(void *tree, int node, const struct domain *domain, const char *nacl)
{
	int error = fdt_setprop_string(tree, node, "compatible", "halite,domain");

	if (!error)
		error = fdt_setprop_u32(tree, node, "#address-cells", 2);
	if (!error)
		error = fdt_setprop_u32(tree, node, "#size-cells", 2);
	if (!error)
		error = add_text(tree, node, "halite,name", domain->name);
	if (!error)
		error = add_harts(tree, node, domain);
	if (!error)
		error = fdt_setprop_u64(tree, node, "memory", domain->memory / 1024);
	for (unsigned int i = 0; i < domain->device_count && !error; i++)
		error = fdt_appendprop_string(tree, node, "halite,devices", domain->devices[i]);
	for (unsigned int i = 0; i < domain->function_count && !error; i++)
		error = fdt_appendprop_string(tree, node, "halite,functions", domain->functions[i]);
	if (!error)
		error = add_text(tree, node, "halite,nacl", domain->nacl ? domain->nacl : nacl);
	if (!error && domain->trusted)
		error = add_text(tree, node, "halite,dma", "trusted");
	if (!error && domain->tables)
		error = fdt_setprop_u32(tree, node, "halite,tables", domain->tables);
	if (!error && domain->power)
		error = fdt_setprop_empty(tree, node, "halite,power");
	return error;
}

/* Adds the node of a domain. Returns 0, or an error of libfdt. */
static int add_domain(void *tree, int chosen, const struct domain *domain, const char *nacl)
{
	char name[sizeof("domain-") + DOMAIN_NAME_MAX];
	int error, node;

	snprintf(name, sizeof(name), "domain-%s", domain->name);
	node = fdt_add_subnode(tree, chosen, name);
	if (node < 0)
		return node;
	error = add_properties(tree, node, domain, nacl);
	/* A new node comes before the others. */
	if (!error)
		error = add_module(tree, node, "ramdisk", &domain->initrd, NULL);
	if (!error)
		error = add_module(tree, node, "kernel", &domain->kernel, domain->append);
	return error;
}

int tree_add_domains(void *tree, int parent, const struct domains *domains, const char *nacl)
{
	int error = 0;

	for (unsigned int i = domains->shared_count; i > 0 && !error; i--)
		error = shared_add_node(tree, parent, &domains->shared[i - 1]);
	for (unsigned int i = domains->count; i > 0 && !error; i--)
		error = add_domain(tree, parent, &domains->list[i - 1], nacl);
	return error;
}

static int add_domains(void *tree, const struct domains *domains, const char *nacl)
{
	int chosen = fdt_path_offset(tree, "/chosen");

	if (chosen == -FDT_ERR_NOTFOUND)
		chosen = fdt_add_subnode(tree, 0, "chosen");
	return chosen < 0 ? chosen : tree_add_domains(tree, chosen, domains, nacl);
}

size_t tree_room(const struct domains *domains)
{
	size_t room = domains->shared_count * SHARED_SIZE;

	for (unsigned int i = 0; i < domains->count; i++) {
		const struct domain *domain = &domains->list[i];

		room += DOMAIN_SIZE + domain->device_count * PATH_OF_DEVICE_MAX;
		for (unsigned int j = 0; j < domain->function_count; j++)
			room += strlen(domain->functions[j]) + 1;
		if (domain->append)
			room += strlen(domain->append);
	}
	return room;
}

const char *tree_make(const struct words *command, struct domains *domains, const char *nacl)
{
	static char path[64];
	void *tree = ask_qemu(command, tree_room(domains));
	int error, fd, size;

	if (!tree)
		return NULL;
	if (find_devices(tree, domains) < 0)
		return NULL;
	error = add_domains(tree, domains, nacl);
	if (!error)
		error = fdt_pack(tree);
	if (error) {
		message("--domain: cannot write the device tree: %s", fdt_strerror(error));
		return NULL;
	}
	size = (int)fdt_totalsize(tree);
	/* QEMU opens the path, so it must have the descriptor, too. */
	fd = memfd_create("halite-tree", 0);
	if (fd < 0 || write(fd, tree, (size_t)size) != size) {
		message("no memory for the device tree: %s", strerror(errno));
		return NULL;
	}
	free(tree);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return path;
}
