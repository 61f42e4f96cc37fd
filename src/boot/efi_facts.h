/* SPDX-License-Identifier: BSD-2-Clause */
/* What EFI tells, in Halite's terms. Plain functions, without calls of EFI. */
#ifndef BOOT_EFI_FACTS_H
#define BOOT_EFI_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/range.h"

/*
 * Write the LoadOptions @options of @size bytes, text in UTF-16, as UTF-8 and a zero to @text of
 * @room bytes. Text ends at the end of @options or at a zero. False: @options is no text, such as
 * an odd number of bytes, half a surrogate pair or a control character, or is too long. Firmware
 * may put any bytes there. @text then is "".
 */
bool efi_options_text(char *text, size_t room, const uint16_t *options, uint32_t size);

/*
 * Write the folder of the file that the device path @path names, in UTF-16 with a \ at its end and
 * a zero behind it, to @folder of @room words. False: @path names no file, or does not fit.
 */
bool efi_path_folder(uint16_t *folder, size_t room, const void *path);

/*
 * Add to @ram, and normalize, the memory that a system may use when boot services have ended:
 * @map has @size bytes of descriptors, one each @descriptor_size bytes. Memory of runtime services
 * and firmware is left out. False: no memory is left for the list, or a descriptor passes 2^64.
 */
bool efi_map_ram(struct range_list *ram, const void *map, uint64_t size, uint64_t descriptor_size);

/*
 * Whether all of @r is memory in @map that EFI has allocated, and that a system may use when boot
 * services have ended. Contents of other memory may change until then.
 */
bool efi_map_holds(const void *map, uint64_t size, uint64_t descriptor_size, struct range r);

#endif
