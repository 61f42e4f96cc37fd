/* SPDX-License-Identifier: BSD-2-Clause */
#include <stddef.h>

#include "lib/race.h"
#include "race.h"

void (*at_race_point)(void);

void race_delay(void)
{
	if (at_race_point)
		at_race_point();
}
