/* SPDX-License-Identifier: BSD-2-Clause */
/* What happens at each RACE_POINT() of src/hext in a unit test; nothing if it is NULL. */
#ifndef RACE_H
#define RACE_H

extern void (*at_race_point)(void);

#endif
