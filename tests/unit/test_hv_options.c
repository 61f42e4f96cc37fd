/* SPDX-License-Identifier: BSD-2-Clause */
#include "hv_test.h"

#include "hv/options.h"
#include "hv/withheld.h"
#include "nacl/abi.h"

static struct options o;

static void expect(const char *bootargs, bool offered, uint32_t features, const char *text)
{
	char buf[80];

	assert_fine(options_parse(&o, bootargs));
	assert_int_equal(o.nacl_offered, offered);
	assert_int_equal(o.nacl_features, features);
	assert_string_equal(options_nacl_text(&o, buf, sizeof(buf)), text);
}

static void nacl_takes_all_none_and_lists(void **state)
{
	(void)state;
	expect("", true, NACL_FEAT_ALL, "all");
	expect("nacl=all", true, NACL_FEAT_ALL, "all");
	expect("nacl=none", false, 0, "none");
	expect("nacl=", true, 0, "no feature");
	expect("nacl=sync_sret", true, 1 << NACL_FEAT_SYNC_SRET, "sync_sret");
	expect("  nacl=autoswap_csr,sync_csr ", true,
	       1 << NACL_FEAT_AUTOSWAP_CSR | 1 << NACL_FEAT_SYNC_CSR, "sync_csr,autoswap_csr");
	expect("nacl=sync_csr,sync_hfence,sync_sret,autoswap_csr", true, NACL_FEAT_ALL, "all");
	expect("nacl=none nacl=sync_hfence", true, 1 << NACL_FEAT_SYNC_HFENCE, "sync_hfence");
}

static void slow_is_off_unless_asked_for(void **state)
{
	(void)state;
	assert_fine(options_parse(&o, ""));
	assert_false(o.slow);
	assert_fine(options_parse(&o, "slow nacl=none"));
	assert_true(o.slow);
}

/* console= is also a word of Linux. */
static void the_console_is_the_machines_unless_asked_for(void **state)
{
	(void)state;
	warnings = 0;
	assert_fine(options_parse(&o, ""));
	assert_false(o.virtual_console);
	assert_fine(options_parse(&o, "nacl=all console=virtual"));
	assert_true(o.virtual_console);
	assert_int_equal(warnings, 0);
	assert_false(o.virtual_iommu);
	assert_fine(options_parse(&o, "iommu=virtual"));
	assert_true(o.virtual_iommu);
	assert_int_equal(warnings, 0);
	assert_fine(options_parse(&o, "console=ttyS0"));
	assert_false(o.virtual_console);
	assert_int_equal(warnings, 1);
}

static void stats_are_off_unless_asked_for(void **state)
{
	(void)state;
	warnings = 0;
	assert_fine(options_parse(&o, "nacl=all"));
	assert_false(o.stats);
	assert_fine(options_parse(&o, "nacl=all stats"));
	assert_true(o.stats);
	assert_int_equal(warnings, 0);
	assert_fine(options_parse(&o, "statsx"));
	assert_false(o.stats);
	assert_int_equal(warnings, 1);
}

static void trace_is_a_power_of_two(void **state)
{
	static const char *const wrong[] = { "trace=",		"trace=0",   "trace=32",
					     "trace=100",	"trace=64x", "trace=2097152",
					     "trace=4294967360" };
	volatile unsigned int i;

	(void)state;
	warnings = 0;
	assert_fine(options_parse(&o, "nacl=all stats tracex"));
	assert_int_equal(o.trace, 0);
	assert_int_equal(warnings, 1);
	assert_fine(options_parse(&o, "trace"));
	assert_int_equal(o.trace, 4096);
	assert_fine(options_parse(&o, "trace=64 slow"));
	assert_int_equal(o.trace, 64);
	assert_fine(options_parse(&o, "trace trace=1048576"));
	assert_int_equal(o.trace, 1048576);
	assert_int_equal(warnings, 1);
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_fatal(options_parse(&o, wrong[i]), "no power of two");
}

static void devices_are_given_by_their_words(void **state)
{
	const uint32_t fw_cfg = withheld_word("fw_cfg", 6);
	const uint32_t flash = withheld_word("flash", 5);

	(void)state;
	warnings = 0;
	assert_true(fw_cfg && flash && fw_cfg != flash);
	assert_fine(options_parse(&o, "nacl=all"));
	assert_int_equal(o.given, 0);
	assert_fine(options_parse(&o, "give=fw_cfg stats"));
	assert_int_equal(o.given, fw_cfg);
	assert_true(o.stats);
	assert_fine(options_parse(&o, "give=flash"));
	assert_int_equal(o.given, flash);
	assert_fine(options_parse(&o, "give=flash,fw_cfg nacl=none"));
	assert_int_equal(o.given, fw_cfg | flash);
	assert_false(o.nacl_offered);
	assert_fine(options_parse(&o, "give=flash give=fw_cfg"));
	assert_int_equal(o.given, fw_cfg | flash);
	assert_int_equal(warnings, 0);
	assert_fatal(options_parse(&o, "give=clint"), "\"clint\"");
	assert_fatal(options_parse(&o, "give=clint"), "a list of fw_cfg,flash,iommu is expected");
	assert_fatal(options_parse(&o, "give=flash,fwcfg"), "\"fwcfg\"");
	assert_fatal(options_parse(&o, "give=flashx"), "\"flashx\"");
	assert_fatal(options_parse(&o, "give=flas"), "\"flas\"");
	assert_fatal(options_parse(&o, "give= stats"), "\"\"");
	assert_fatal(options_parse(&o, "give="), "\"\"");
	assert_fatal(options_parse(&o, "give=flash,"), "\"\"");
	assert_fatal(options_parse(&o, "give=flash, fw_cfg"), "\"\"");
}

static void the_share_of_tables_is_a_number(void **state)
{
	(void)state;
	warnings = 0;
	assert_int_equal(options_tables(""), 512);
	assert_int_equal(options_tables("stats xtables=3  "), 512);
	assert_int_equal(options_tables("stats tables=2"), 2);
	assert_int_equal(options_tables("tables=7 tables=65536 nacl=all"), 65536);
	assert_fatal(options_tables("tables="), "\"\"");
	assert_fatal(options_tables("tables=1"), "from 2 to 65536");
	assert_fatal(options_tables("tables=65537"), "\"65537\"");
	assert_fatal(options_tables("tables=4294967298"), "\"4294967298\"");
	assert_fatal(options_tables("tables=8M stats"), "\"8M\"");
	assert_fatal(options_tables("tables=-8"), "\"-8\"");
	assert_fine(options_parse(&o, "tables=9 stats"));
	assert_true(o.stats);
	assert_int_equal(warnings, 0);
}

static void unknown_words_are_warnings(void **state)
{
	(void)state;
	warnings = 0;
	expect("quiet nacl=none naclx=1", false, 0, "none");
	assert_int_equal(warnings, 2);
}

static void unknown_values_are_fatal(void **state)
{
	(void)state;
	assert_fatal(options_parse(&o, "nacl=sync_csr,foo x"), "\"foo\"");
	assert_fatal(options_parse(&o, "nacl=sync_cs"), "\"sync_cs\"");
	assert_fatal(options_parse(&o, "nacl=sync_csrx"), "\"sync_csrx\"");
	assert_fatal(options_parse(&o, "nacl=none,sync_csr"), "\"none\"");
	assert_fatal(options_parse(&o, "nacl=,,"), "\"\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nacl_takes_all_none_and_lists),
		cmocka_unit_test(the_console_is_the_machines_unless_asked_for),
		cmocka_unit_test(stats_are_off_unless_asked_for),
		cmocka_unit_test(trace_is_a_power_of_two),
		cmocka_unit_test(slow_is_off_unless_asked_for),
		cmocka_unit_test(devices_are_given_by_their_words),
		cmocka_unit_test(the_share_of_tables_is_a_number),
		cmocka_unit_test(unknown_words_are_warnings),
		cmocka_unit_test(unknown_values_are_fatal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
