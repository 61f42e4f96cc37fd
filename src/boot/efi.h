/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What Halite uses of EFI: the layout of its structures. A member that Halite does not use is a
 * pointer without a type, or part of an array.
 *
 * Specification: UEFI 2.10, and "RISC-V EFI Boot Protocol".
 */
#ifndef BOOT_EFI_H
#define BOOT_EFI_H

#include <stdint.h>

/* A status is an error if its top bit is set. */
typedef uint64_t efi_status;
typedef void *efi_handle;

#define EFI_ERROR(n)	      (UINT64_C(1) << 63 | (n))
#define EFI_SUCCESS	      UINT64_C(0)
#define EFI_LOAD_ERROR	      EFI_ERROR(1)
#define EFI_INVALID_PARAMETER EFI_ERROR(2)
#define EFI_UNSUPPORTED	      EFI_ERROR(3)
#define EFI_BUFFER_TOO_SMALL  EFI_ERROR(5)
#define EFI_NOT_FOUND	      EFI_ERROR(14)

#define EFI_PAGE_SIZE UINT64_C(4096)

struct efi_guid {
	uint32_t a;
	uint16_t b, c;
	uint8_t d[8];
};

/* Types of memory. */
enum {
	EFI_LOADER_CODE = 1,
	EFI_LOADER_DATA,
	EFI_BOOT_SERVICES_CODE,
	EFI_BOOT_SERVICES_DATA,
	EFI_CONVENTIONAL = 7,
	EFI_ACPI_RECLAIM = 9,
};

/* Attributes of memory: it can be cached with write-back; it is for a purpose of its own. */
#define EFI_MEMORY_WB UINT64_C(0x8)
#define EFI_MEMORY_SP UINT64_C(0x40000)

/* Descriptors of memory follow each other at a distance that GetMemoryMap() tells. */
struct efi_memory {
	uint32_t type;
	uint64_t start;
	uint64_t virtual_start;
	uint64_t pages;
	uint64_t attributes;
};

struct efi_table_header {
	uint64_t signature;
	uint32_t revision, size, crc, reserved;
};

/* How AllocatePages() chooses a place. */
enum { EFI_ALLOCATE_ANY_PAGES };

struct efi_boot_services {
	struct efi_table_header header;
	void *tpl[2];
	efi_status (*allocate_pages)(int kind, int type, uint64_t pages, uint64_t *address);
	efi_status (*free_pages)(uint64_t address, uint64_t pages);
	efi_status (*get_memory_map)(uint64_t *size, void *map, uint64_t *key,
				     uint64_t *descriptor_size, uint32_t *version);
	void *pools_events_and_protocols[11];
	efi_status (*handle_protocol)(efi_handle handle, const struct efi_guid *protocol,
				      void **interface);
	void *reserved_and_notify_and_locate_handle[3];
	efi_status (*locate_device_path)(const struct efi_guid *protocol, const void **path,
					 efi_handle *device);
	void *configuration_and_images[5];
	efi_status (*exit_boot_services)(efi_handle image, uint64_t key);
	void *misc_and_handles[10];
	efi_status (*locate_protocol)(const struct efi_guid *protocol, void *registration,
				      void **interface);
};

struct efi_text_output {
	void *reset;
	efi_status (*output_string)(struct efi_text_output *this, const uint16_t *text);
};

struct efi_configuration {
	struct efi_guid guid;
	void *table;
};

struct efi_system_table {
	struct efi_table_header header;
	const uint16_t *vendor;
	uint32_t revision;
	void *console_in[2];
	efi_handle console_out;
	struct efi_text_output *out;
	void *console_error_and_runtime[3];
	struct efi_boot_services *boot;
	uint64_t configuration_count;
	const struct efi_configuration *configuration;
};

struct efi_loaded_image {
	uint32_t revision;
	efi_handle parent;
	void *system_table;
	efi_handle device;
	const void *path; /* a device path from @device */
	void *reserved;
	uint32_t options_size; /* in bytes */
	const uint16_t *options;
};

struct efi_load_file2 {
	efi_status (*load_file)(struct efi_load_file2 *this, const void *path, uint8_t boot_policy,
				uint64_t *size, void *buffer);
};

/* The header of a node of a device path. @size has the header in it. Nodes are not aligned. */
struct efi_path_node {
	uint8_t type, subtype;
	uint8_t size[2]; /* little endian */
};

enum { EFI_PATH_MEDIA = 4, EFI_PATH_END = 0x7f };
#define EFI_PATH_FILE 4 /* of EFI_PATH_MEDIA: a path in UTF-16 */

#define EFI_FILE_MODE_READ UINT64_C(1)
#define EFI_FILE_DIRECTORY UINT64_C(0x10) /* an attribute */

struct efi_file {
	uint64_t revision;
	efi_status (*open)(struct efi_file *this, struct efi_file **file, const uint16_t *path,
			   uint64_t mode, uint64_t attributes);
	efi_status (*close)(struct efi_file *this);
	void *delete;
	efi_status (*read)(struct efi_file *this, uint64_t *size, void *buffer);
	void *write_and_position[3];
	efi_status (*get_info)(struct efi_file *this, const struct efi_guid *kind, uint64_t *size,
			       void *info);
};

struct efi_file_info {
	uint64_t size;
	uint64_t file_size; /* in bytes */
	uint64_t physical_size;
	uint8_t times[3][16];
	uint64_t attributes;
	uint16_t name[256];
};

struct efi_file_system {
	uint64_t revision;
	efi_status (*open_volume)(struct efi_file_system *this, struct efi_file **root);
};

struct efi_riscv_boot {
	uint64_t revision;
	efi_status (*get_boot_hartid)(struct efi_riscv_boot *this, uint64_t *hartid);
};

/* Called from head.S. Return only with an error. */
efi_status efi_main(efi_handle image, const struct efi_system_table *system);

#endif
