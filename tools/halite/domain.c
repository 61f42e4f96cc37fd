/* SPDX-License-Identifier: BSD-2-Clause */
#include "domain.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest_file.h"
#include "message.h"
#include "options.h"

#define ITEMS_MAX 16

const char *domain_what(const struct domain *domain, const char *key)
{
	char *text;

	if (asprintf(&text, "--domain %s: %s", domain->name, key) < 0)
		abort();
	return text;
}

/* Ends the item that begins at text, and makes one comma of two. Returns the next item or NULL. */
static char *split_item(char *text)
{
	char *to = text;

	for (; *text; *to++ = *text++) {
		if (*text != ',')
			continue;
		if (text[1] != ',') {
			*to = '\0';
			return text + 1;
		}
		text++;
	}
	*to = '\0';
	return NULL;
}

int domain_split(const char *option, const char *whole, struct domain_item *items, int max)
{
	char *copy = strdup(whole);
	char *text = copy;
	int count = 0;

	if (!copy)
		abort();
	for (char *next; text; text = next) {
		next = split_item(text);
		if (!*text) {
			message("%s '%s': an item is empty; expected key=value,key=value "
				"with ,, for a comma in a value",
				option, whole);
			free(copy);
			return -1;
		}
		if (count == max) {
			message("%s '%s': expected at most %d items", option, whole, max);
			free(copy);
			return -1;
		}
		items[count].key = text;
		items[count].value = strchr(text, '=');
		if (items[count].value)
			*items[count].value++ = '\0';
		count++;
	}
	return count;
}

int domain_check_name(const char *option, const char *value)
{
	size_t length = strlen(value);

	if (!isalpha((unsigned char)value[0]) || length > DOMAIN_NAME_MAX ||
	    strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") !=
		    length) {
		message("%s: name '%s': expected a letter and then at most %d letters, "
			"digits, '-' and '_'",
			option, value, DOMAIN_NAME_MAX - 1);
		return -1;
	}
	return 0;
}

/* The name begins lines of the console. Returns 0, or -1 after a message. */
static int set_name(const char *value, struct domain *domain, const struct domains *domains)
{
	if (domain_check_name("--domain", value) < 0)
		return -1;
	if (!strcmp(value, "halite")) {
		message("--domain: name '%s': lines of Halite itself begin so; expected another "
			"name",
			value);
		return -1;
	}
	for (unsigned int i = 0; i < domains->count; i++) {
		if (!strcmp(domains->list[i].name, value)) {
			message("--domain: name '%s': another domain has it; expected a name of "
				"its own",
				value);
			return -1;
		}
	}
	domain->name = value;
	return 0;
}

char *domain_next_part(char **list, char separator)
{
	char *part = *list;
	char *end = strchr(part, separator);

	*list = end ? end + 1 : NULL;
	if (end)
		*end = '\0';
	return part;
}

static bool has_hart(const struct domain *domain, unsigned int hart)
{
	for (unsigned int i = 0; i < domain->hart_count; i++) {
		if (domain->harts[i] == hart)
			return true;
	}
	return false;
}

static int add_hart(const char *text, struct domain *domain, const struct domains *domains)
{
	const char *what = domain_what(domain, "harts");
	unsigned int hart;

	if (options_number(what, text, 0, CPUS_MAX - 1, &hart) < 0)
		return -1;
	for (unsigned int i = 0; i < domains->count; i++) {
		if (has_hart(&domains->list[i], hart)) {
			message("%s '%s': domain %s has this hart", what, text,
				domains->list[i].name);
			return -1;
		}
	}
	if (has_hart(domain, hart) || domain->hart_count == DOMAIN_HARTS_MAX) {
		message("%s '%s': expected at most %d harts, each once", what, text,
			DOMAIN_HARTS_MAX);
		return -1;
	}
	domain->harts[domain->hart_count++] = hart;
	return 0;
}

static int set_harts(char *value, struct domain *domain, const struct domains *domains)
{
	while (value) {
		if (add_hart(domain_next_part(&value, ':'), domain, domains) < 0)
			return -1;
	}
	return 0;
}

static int set_memory(const char *value, struct domain *domain)
{
	const char *what = domain_what(domain, "memory");

	if (options_memory(what, value, &domain->memory) < 0)
		return -1;
	if (domain->memory % DOMAIN_ALIGN) {
		message("%s '%s': expected a multiple of 2M", what, value);
		return -1;
	}
	return 0;
}

static int set_devices(char *value, struct domain *domain)
{
	while (value) {
		const char *device = domain_next_part(&value, ':');

		if (!*device || domain->device_count == DOMAIN_DEVICES_MAX) {
			message("%s '%s': expected 1 to %d paths of the device tree, with colons "
				"between them",
				domain_what(domain, "devices"), device, DOMAIN_DEVICES_MAX);
			return -1;
		}
		domain->devices[domain->device_count++] = device;
	}
	return 0;
}

/* Whether text is [HOST/]00:DD.F, a function of the first bus. */
static bool is_function(const char *text)
{
	static const char form[] = "00:01.7";
	static const char *const digits[] = { "0", "0",	      ":", "01", "0123456789abcdef",
					      ".", "01234567" };
	const char *slash = strrchr(text, '/');
	const char *at = slash ? slash + 1 : text;

	if (strlen(at) != strlen(form))
		return false;
	for (size_t i = 0; i < strlen(form); i++) {
		if (!strchr(digits[i], at[i]))
			return false;
	}
	return true;
}

/* Halite looks for the functions: they are not in the machine's device tree. */
static int set_functions(char *value, struct domain *domain)
{
	while (value) {
		const char *function = domain_next_part(&value, '+');

		if (!is_function(function) || domain->function_count == DOMAIN_DEVICES_MAX) {
			message("%s '%s': expected 1 to %d PCI functions of the first bus such as "
				"00:03.0, with + between them",
				domain_what(domain, "pci"), function, DOMAIN_DEVICES_MAX);
			return -1;
		}
		domain->functions[domain->function_count++] = function;
	}
	return 0;
}

static int set_nacl(const char *value, struct domain *domain)
{
	domain->nacl = options_nacl(domain_what(domain, "nacl"), value, value, strlen(value));
	return domain->nacl ? 0 : -1;
}

static int set_dma(const char *value, struct domain *domain)
{
	if (strcmp(value, "trusted")) {
		message("%s '%s': expected trusted", domain_what(domain, "dma"), value);
		return -1;
	}
	domain->trusted = true;
	return 0;
}

/* Returns 0, or -1 after a message. */
static int set_value(const char *key, char *value, struct domain *domain,
		     const struct domains *domains)
{
	if (!strcmp(key, "cpus"))
		return options_number(domain_what(domain, key), value, 1, CPUS_MAX, &domain->cpus);
	if (!strcmp(key, "tables"))
		return options_number(domain_what(domain, key), value, 1, TABLES_MAX,
				      &domain->tables);
	if (!strcmp(key, "harts"))
		return set_harts(value, domain, domains);
	if (!strcmp(key, "memory"))
		return set_memory(value, domain);
	if (!strcmp(key, "devices"))
		return set_devices(value, domain);
	if (!strcmp(key, "pci"))
		return set_functions(value, domain);
	if (!strcmp(key, "nacl"))
		return set_nacl(value, domain);
	if (!strcmp(key, "dma"))
		return set_dma(value, domain);
	if (!strcmp(key, "kernel"))
		domain->kernel.path = value;
	else if (!strcmp(key, "initrd"))
		domain->initrd.path = value;
	else if (!strcmp(key, "append"))
		domain->append = value;
	return 0;
}

static bool is_key(const char *key)
{
	static const char *const keys[] = { "name",    "cpus",	 "harts", "memory", "kernel",
					    "initrd",  "append", "nacl",  "dma",    "power",
					    "devices", "pci",	 "tables" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (!strcmp(key, keys[i]))
			return true;
	}
	return false;
}

/*
 * Checks that the key is one, has a value if it needs one, and is not among the items before it.
 * Returns 0, or -1 after a message.
 */
static int check_item(const struct domain_item *items, int at, const struct domain *domain)
{
	const struct domain_item *item = &items[at];
	bool is_power = !strcmp(item->key, "power");

	if (!is_key(item->key)) {
		message("%s: unknown key; expected name, cpus, harts, memory, kernel, initrd, "
			"append, devices, pci, nacl, tables, dma or power; a comma in a value is "
			"written twice, and features of nacl have + between them",
			domain_what(domain, item->key));
		return -1;
	}
	if (is_power != !item->value) {
		message(is_power ? "%s: it takes no value" : "%s: its value is missing",
			domain_what(domain, item->key));
		return -1;
	}
	for (int i = 0; i < at; i++) {
		if (!strcmp(items[i].key, item->key)) {
			message("%s: it is given twice; expected once",
				domain_what(domain, item->key));
			return -1;
		}
	}
	return 0;
}

/* Checks what a domain needs, and what excludes each other. Returns 0, or -1 after a message. */
static int check_whole(struct domain *domain)
{
	if (!domain->kernel.path || !domain->memory) {
		message("%s is missing; expected %s",
			domain_what(domain, domain->memory ? "kernel" : "memory"),
			domain->memory ? "kernel=FILE" : "a size, such as memory=512M");
		return -1;
	}
	if (domain->cpus && domain->hart_count) {
		message("%s with cpus: expected one of them", domain_what(domain, "harts"));
		return -1;
	}
	if (domain->hart_count)
		domain->cpus = domain->hart_count;
	if (!domain->cpus)
		domain->cpus = 1;
	return 0;
}

int domain_parse(const char *text, struct domains *domains)
{
	struct domain *domain = &domains->list[domains->count];
	struct domain_item items[ITEMS_MAX];
	int count;

	if (domains->count == DOMAINS_MAX) {
		message("--domain '%s': expected at most %d domains", text, DOMAINS_MAX);
		return -1;
	}
	count = domain_split("--domain", text, items, ITEMS_MAX);
	if (count < 0)
		return -1;
	for (int i = 0; i < count; i++) {
		if (!strcmp(items[i].key, "name") && items[i].value && !domain->name &&
		    set_name(items[i].value, domain, domains) < 0)
			return -1;
	}
	if (!domain->name) {
		message("--domain '%s': name is missing; expected name=NAME", text);
		return -1;
	}
	for (int i = 0; i < count; i++) {
		if (check_item(items, i, domain) < 0)
			return -1;
		if (!items[i].value)
			domain->power = true;
		else if (set_value(items[i].key, items[i].value, domain, domains) < 0)
			return -1;
	}
	if (check_whole(domain) < 0)
		return -1;
	domains->count++;
	return 0;
}

unsigned int domains_harts(const struct domains *domains)
{
	unsigned int sum = 0, end = 0;

	for (unsigned int i = 0; i < domains->count; i++) {
		const struct domain *domain = &domains->list[i];

		sum += domain->cpus;
		for (unsigned int hart = 0; hart < domain->hart_count; hart++)
			end = domain->harts[hart] < end ? end : domain->harts[hart] + 1;
	}
	return sum < end ? end : sum;
}

int domain_take_kernel(struct domain *domain, const struct guest_file *kernel)
{
	domain->kernel.size = kernel->size;
	domain->kernel_memory = kernel->end - kernel->start;
	if (kernel->end - kernel->start > domain->memory) {
		message("%s: %llu MiB is too little for the kernel, which needs %llu MiB",
			domain_what(domain, "memory"), (unsigned long long)(domain->memory >> 20),
			(unsigned long long)((kernel->end - kernel->start + 0xfffff) >> 20));
		return -1;
	}
	if (!domain->append)
		domain->append = kernel->is_elf ? "" : "console=ttyS0 panic=-1";
	return 0;
}

int domain_take_initrd(const struct domain *domain)
{
	uint64_t needed = domain->kernel_memory + domain->initrd.size;

	if (needed > domain->memory) {
		message("%s: %llu MiB is too little for the kernel and the ramdisk, which need "
			"%llu MiB",
			domain_what(domain, "memory"), (unsigned long long)(domain->memory >> 20),
			(unsigned long long)((needed + 0xfffff) >> 20));
		return -1;
	}
	/* Linux has the ramdisk and its contents in memory at the same time. */
	if (needed + domain->initrd.size > domain->memory)
		message("%s: warning: a Linux has no room to unpack its ramdisk of %llu MiB",
			domain_what(domain, "memory"),
			(unsigned long long)((domain->initrd.size + 0xfffff) >> 20));
	return 0;
}

int domains_read_files(struct domains *domains)
{
	for (unsigned int i = 0; i < domains->count; i++) {
		struct domain *domain = &domains->list[i];
		struct guest_file kernel;

		if (guest_file_kernel(domain->kernel.path, domain_what(domain, "kernel"), &kernel) <
			    0 ||
		    domain_take_kernel(domain, &kernel) < 0)
			return -1;
		if (domain->initrd.path &&
		    guest_file_size(domain->initrd.path, domain_what(domain, "initrd"),
				    &domain->initrd.size) < 0)
			return -1;
		if (domain_take_initrd(domain) < 0)
			return -1;
	}
	return 0;
}
