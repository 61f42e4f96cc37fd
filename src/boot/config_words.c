/* SPDX-License-Identifier: BSD-2-Clause */
#include <libfdt.h>
#include <stdio.h>
#include <string.h>

#include "boot/config_words.h"
#include "hv/domain_config.h"
#include "hv/options.h"

/* As `halite run` has them. */
#define DOMAIN_NAME_MAX 24
#define HARTS		512u
#define MEMORY_UNIT	2048u /* KiB */
#define SHARED_UNIT	4u
#define MEMORY_MAX	(UINT64_C(1) << 42) /* KiB */

enum kind { NAME, COUNT, IDS, SIZE, FILE_PATH, BOOTARGS, LIST, NACL, TRUSTED, FLAG };

static const struct word {
	const char *name, *property;
	enum kind kind;
	char separator; /* of a list */
} words[WORDS] = {
	[WORD_NAME] = { "name", "halite,name", NAME, 0 },
	[WORD_CPUS] = { "cpus", "cpus", COUNT, 0 },
	[WORD_HARTS] = { "harts", "halite,harts", IDS, ':' },
	[WORD_MEMORY] = { "memory", "memory", SIZE, 0 },
	[WORD_KERNEL] = { "kernel", NULL, FILE_PATH, 0 },
	[WORD_INITRD] = { "initrd", NULL, FILE_PATH, 0 },
	[WORD_APPEND] = { "append", NULL, BOOTARGS, 0 },
	[WORD_DEVICES] = { "devices", "halite,devices", LIST, ':' },
	[WORD_PCI] = { "pci", "halite,functions", LIST, '+' },
	[WORD_NACL] = { "nacl", "halite,nacl", NACL, 0 },
	[WORD_TABLES] = { "tables", "halite,tables", COUNT, 0 },
	[WORD_DMA] = { "dma", "halite,dma", TRUSTED, 0 },
	[WORD_POWER] = { "power", "halite,power", FLAG, 0 },
	[WORD_SIZE] = { "size", "memory", SIZE, 0 },
	[WORD_DOMAINS] = { "domains", "halite,domains", LIST, ':' },
};

static const char *key_of(bool shared)
{
	return config_names[shared ? CONFIG_SHARED : CONFIG_DOMAIN];
}

static bool is_of(enum config_word word, bool shared)
{
	return word == WORD_NAME || (word >= WORD_SIZE) == shared;
}

/* ---- numbers ---- */

/* The number at *@text, which moves behind it. More than @max: it is none, or larger. */
static uint64_t number(const char **text, uint64_t max)
{
	uint64_t value = **text >= '0' && **text <= '9' ? 0 : max + 1;

	while (value <= max && **text >= '0' && **text <= '9')
		value = value * 10 + (uint64_t)(*(*text)++ - '0');
	return value;
}

/* The size @text in KiB; 0: it is none, or too large. Without a letter it is in MiB. */
static uint64_t size_of(const char *text)
{
	static const char letters[] = "kmgt";
	uint64_t value = number(&text, MEMORY_MAX);
	const char *letter = &letters[1];

	if (*text)
		letter = strchr(letters, *text++ | 0x20);
	if (!letter || !*letter || *text || value > MEMORY_MAX >> 10 * (letter - letters))
		return 0;
	return value << 10 * (letter - letters);
}

/* ---- checks: NULL, or what is expected ---- */

static const char *check_name(const char *text)
{
	static const char more[] = "-_0123456789";
	const char *at = text;

	while (*at &&
	       ((*at | 0x20) < 'a' || (*at | 0x20) > 'z' ? at > text && strchr(more, *at) : true))
		at++;
	return *at || at == text || at - text > DOMAIN_NAME_MAX || !strcmp(text, "halite")
		       ? "a letter, then letters, digits, - and _, at most 24 characters, and not "
			 "halite, are expected"
		       : NULL;
}

static const char *check_count(const char *text, uint64_t max)
{
	if (number(&text, max) - 1 < max && !*text)
		return NULL;
	return max == HARTS ? "a number from 1 to 512 is expected"
			    : "a number from 1 to 1000 is expected";
}

static const char *check_ids(const char *text)
{
	bool is_id;

	do
		is_id = number(&text, HARTS - 1) < HARTS;
	while (is_id && *text == ':' && text++);
	return is_id && !*text ? NULL : "hart ids up to 511 with colons between them are expected";
}

static const char *check_list(const char *text, char separator)
{
	size_t length = strlen(text), i;
	char before = separator;

	for (i = 0; i < length && (text[i] != separator || before != separator); i++)
		before = text[i];
	return i < length || before == separator ? "an item of the list is empty" : NULL;
}

static const char *check_size(const char *text, unsigned int unit)
{
	uint64_t size = size_of(text);

	if (size && !(size % unit))
		return NULL;
	return unit == SHARED_UNIT ? "a size such as 64K, in units of 4K, is expected"
				   : "a size such as 512M, in units of 2M, is expected";
}

static const char *check_path(const char *text)
{
	const char *at = text;

	while (*at >= 0x20 && *at <= 0x7e)
		at++;
	return *at || at - text > CONFIG_PATH_MAX
		       ? "a path of at most 255 printable ASCII characters is expected"
		       : NULL;
}

/* A list with + between its features becomes one with commas. */
static const char *check_nacl(char *text)
{
	struct options o;
	size_t length;
	char *plus = text;

	if (strchr(text, ','))
		return "features have + between them";
	while ((plus = strchr(plus, '+')))
		*plus = ',';
	return options_nacl(&o, text, strlen(text), &length) ? OPTIONS_NACL_EXPECTED : NULL;
}

static const char *check(enum config_word word, char *text)
{
	switch (words[word].kind) {
	case NAME:
		return check_name(text);
	case COUNT:
		return check_count(text, word == WORD_TABLES ? TABLES_MAX : HARTS);
	case IDS:
		return check_ids(text);
	case SIZE:
		return check_size(text, word == WORD_SIZE ? SHARED_UNIT : MEMORY_UNIT);
	case FILE_PATH:
		return check_path(text);
	case LIST:
		return check_list(text, words[word].separator);
	case NACL:
		return check_nacl(text);
	case TRUSTED:
		return strcmp(text, "trusted") ? "trusted is expected" : NULL;
	default:
		return NULL;
	}
}

/* ---- the words of a line ---- */

/* End the word at @text, and make one comma of two. Return the next word, or NULL. */
static char *split(char *text)
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

static enum config_word find(const char *name, bool shared)
{
	unsigned int i = 0;

	while (i < WORDS && (!is_of(i, shared) || strcmp(words[i].name, name)))
		i++;
	return i;
}

static bool take(struct config_words *w, char *text, char *error)
{
	const char *key = key_of(w->shared), *why;
	char *value = strchr(text, '=');
	enum config_word word;

	if (value)
		*value++ = '\0';
	word = find(text, w->shared);
	if (word == WORDS)
		return config_wrong(error, w->line, "%s: the word '%.32s' is not known", key, text);
	if (w->value[word])
		return config_wrong(error, w->line, "%s: %s is given twice", key, text);
	if (!value != (word == WORD_POWER))
		return config_wrong(error, w->line, "%s: %s: %s", key, text,
				    value ? "it takes no value" : "its value is missing");
	w->value[word] = value ? value : text + strlen(text);
	why = check(word, w->value[word]);
	return !why ||
	       config_wrong(error, w->line, "%s: %s: '%.64s': %s", key, text, w->value[word], why);
}

static bool need(const struct config_words *w, enum config_word word, char *error)
{
	return w->value[word] || config_wrong(error, w->line, "%s: %s is missing",
					      key_of(w->shared), words[word].name);
}

bool config_words_parse(struct config_words *w, bool shared, const struct config_value *v,
			char error[CONFIG_ERROR_SIZE])
{
	char *text = (char *)(uintptr_t)v->text, *next;

	*w = (struct config_words){ .line = v->line, .shared = shared };
	for (; text; text = next) {
		next = split(text);
		if (!take(w, text, error))
			return false;
	}
	if (w->value[WORD_CPUS] && w->value[WORD_HARTS])
		return config_wrong(error, w->line, "%s: cpus and harts: one is expected",
				    key_of(false));
	return need(w, WORD_NAME, error) && need(w, shared ? WORD_SIZE : WORD_MEMORY, error) &&
	       need(w, shared ? WORD_DOMAINS : WORD_KERNEL, error);
}

/* ---- nodes ---- */

static int add_ids(void *tree, int node, const char *property, const char *text)
{
	int error;

	do
		error = fdt_appendprop_u32(tree, node, property,
					   (uint32_t)number(&text, HARTS - 1));
	while (!error && *text++ == ':');
	return error;
}

/* Strings of a list have zeros between them. */
static int add_list(void *tree, int node, const struct word *word, char *text)
{
	const int length = (int)strlen(text) + 1;
	char *at = text;

	while (word->separator && (at = strchr(at, word->separator)))
		*at = '\0', at++;
	return fdt_setprop(tree, node, word->property, text, length);
}

static int add_word(void *tree, int node, const struct word *word, char *text)
{
	const char *at = text;

	if (!word->property)
		return 0;
	switch (word->kind) {
	case COUNT:
		return fdt_setprop_u32(tree, node, word->property,
				       (uint32_t)number(&at, TABLES_MAX));
	case IDS:
		return add_ids(tree, node, word->property, text);
	case SIZE:
		return fdt_setprop_u64(tree, node, word->property, size_of(text));
	case FLAG:
		return fdt_setprop(tree, node, word->property, NULL, 0);
	default:
		return add_list(tree, node, word, text);
	}
}

int config_words_add(void *tree, struct config_words *w)
{
	char name[8 + DOMAIN_NAME_MAX];
	int node, error;
	unsigned int i;

	snprintf(name, sizeof(name), "%s-%s", w->shared ? "shared" : "domain", w->value[WORD_NAME]);
	node = fdt_add_subnode(tree, 0, name);
	if (node < 0)
		return node;
	error = fdt_setprop_string(tree, node, "compatible",
				   w->shared ? "halite,shared-memory" : "halite,domain");
	if (!error && !w->shared)
		error = fdt_setprop_u32(tree, node, "#address-cells", 2);
	if (!error && !w->shared)
		error = fdt_setprop_u32(tree, node, "#size-cells", 2);
	if (!error && !w->shared && !w->value[WORD_CPUS] && !w->value[WORD_HARTS])
		error = fdt_setprop_u32(tree, node, "cpus", 1);
	for (i = 0; i < WORDS && !error; i++) {
		if (w->value[i])
			error = add_word(tree, node, &words[i], w->value[i]);
	}
	return error ? error : node;
}

int config_words_add_module(void *tree, int parent, const char *kind, uint64_t start, uint64_t size,
			    const char *bootargs)
{
	char text[32];
	int node, error;

	snprintf(text, sizeof(text), "module@%lx", (unsigned long)start);
	node = fdt_add_subnode(tree, parent, text);
	if (node < 0)
		return node;
	snprintf(text, sizeof(text), "multiboot,%s", kind);
	error = fdt_setprop_string(tree, node, "compatible", text);
	if (!error)
		error = fdt_appendprop_string(tree, node, "compatible", "multiboot,module");
	if (!error)
		error = fdt_setprop_u64(tree, node, "reg", start);
	if (!error)
		error = fdt_appendprop_u64(tree, node, "reg", size);
	if (!error && bootargs)
		error = fdt_setprop_string(tree, node, "bootargs", bootargs);
	return error;
}
