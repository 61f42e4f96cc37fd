#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# Reads a list of deliberate faults and puts one of them into a copy of the sources.
# Usage: mutants.pl LIST              prints a line for each fault: the number of its first line,
#                                     its mark (or "run"), its files, what it is; fails if one does
#                                     not fit the sources
#        mutants.pl LIST NUMBER TREE  puts the fault that begins on line NUMBER into TREE/src
#
# A fault in a list, which may have comments (#) and empty lines between faults:
#     FILE PLACE[, equal|rare][: what goes wrong; a line that begins with a tab continues it]
#     - the code that is replaced
#     + the code that replaces it; without such a line, the code is taken out
#     also FILE PLACE
#     ...for a fault that changes several pieces of code
# FILE is below src; ../tools/FILE is outside of it. PLACE is the name of a function, of a variable
# with an initializer or of a macro, the first argument of a macro that stands alone (a row of
# csr_table.h), or a label. The code to replace occurs exactly once in it; spaces, ends of lines and
# the backslashes that continue a macro do not count. "equal" marks a fault that nothing can see,
# and the text says why: it is not run. "rare" marks one that tests do not find each time.
use strict;
use warnings;
use FindBin;

my $src = "$FindBin::Bin/../src";
my $path = qr/(?:\.\.\/)?\w[\w.-]*\/[\w\/.-]+/;
my $gap = qr/(?:\s|\\\n)*/;

sub slurp
{
	my ($name) = @_;
	local $/;
	open(my $file, '<', $name) or die "$name: $!\n";
	return scalar <$file>;
}

# Where in the text the definition of a name begins and ends; an empty list if it is not there once.
sub place_of
{
	my ($text, $name) = @_;
	my @found;
	for my $definition (
		qr/^(?=\w)[^\n;]*\b\Q$name\E\([^;{]*\{.*?^\}/ms,     # a function
		qr/^[\w}][^\n;]*\b\Q$name\E[][\w]* = \{.*?^\}/ms,    # a variable
		qr/^#define \Q$name\E\b(?-s:(?:.*\\\n)*.*)/ms,       # a macro
		qr/^\w+\(\Q$name\E,(?-s:.*(?:\n\s.*)*)/ms,           # a row
		qr/^\Q$name\E:.*?(?=^[a-zA-Z_]\w*:|\z)/ms,           # a label
		qr/^\s*\.macro \Q$name\E\b.*?^\s*\.endm/ms,          # a macro of the assembler
	) {
		push @found, [$-[0], $+[0]] while $text =~ /$definition/g;
	}
	return @found == 1 ? @{$found[0]} : ();
}

# The text with one edit made, or undef and why not.
sub edited
{
	my ($text, $edit) = @_;
	my ($start, $end) = place_of($text, $edit->{place});
	return (undef, "there is no single '$edit->{place}'") unless defined $end;
	my $old = $edit->{old} =~ s/\\\n/\n/gr;
	my $pattern = join $gap, map { /^\w/ ? "\\b$_\\b" : quotemeta }
		$old =~ /\w+|"(?:[^"\\]|\\.)*"|\S/g;
	my $body = substr($text, $start, $end - $start);
	my $count = () = $body =~ /$pattern/g;
	return (undef, "the code occurs $count times") unless $count == 1;
	$body =~ s/$pattern/$edit->{new}/;
	substr($text, $start, $end - $start) = $body;
	return $text;
}

# The changed text of each file of a fault, by name; or undef and why not.
sub changed
{
	my ($fault) = @_;
	my %text;
	for my $edit (@{$fault->{edits}}) {
		$text{$edit->{file}} //= slurp("$src/$edit->{file}");
		($text{$edit->{file}}, my $why) = edited($text{$edit->{file}}, $edit);
		return (undef, $why) if $why;
	}
	return \%text;
}

sub read_list
{
	my ($name) = @_;
	my (@faults, $edit);
	open(my $list, '<', $name) or die "$name: $!\n";
	while (my $line = <$list>) {
		chomp $line;
		if ($line =~ /^([-+])(?: (.*))?$/ && $edit) {
			my $part = $1 eq '-' ? 'old' : 'new';
			$edit->{$part} .= ($edit->{$part} eq '' ? '' : "\n") . ($2 // '');
		} elsif ($line =~ /^(also )?($path) (\w+)(, equal|, rare)?(: .*)?$/) {
			$edit = { file => $2, place => $3, old => '', new => '' };
			push @faults, { line => $., mark => $4, text => $5, edits => [] } unless $1;
			push @{$faults[-1]{edits}}, $edit;
		} elsif ($line =~ /^\t(.*)/ && $edit) {
			$faults[-1]{text} .= " $1";
		} elsif ($line !~ /^(#|$)/) {
			die "$name:$.: neither a fault nor a comment: $line\n";
		}
	}
	return @faults;
}

my ($list, $number, $tree) = @ARGV;
my $status = 0;
for my $fault (read_list($list)) {
	next if $number && $fault->{line} != $number;
	my ($text, $why) = changed($fault);
	my $first = $fault->{edits}[0];
	if ($why) {
		warn "$list:$fault->{line}: $first->{file} $first->{place}: $why\n";
		$status = 1;
	} elsif ($tree) {
		for my $file (keys %$text) {
			open(my $out, '>', "$tree/src/$file") or die "$tree/src/$file: $!\n";
			print $out $text->{$file};
			close($out) or die "$tree/src/$file: $!\n";
		}
	} else {
		my $mark = substr($fault->{mark} // ', run', 2);
		my $title = $fault->{text} // ': ' . substr($first->{old} =~ s/\s+/ /gr, 0, 60);
		printf "%d %s %s %s%s\n", $fault->{line}, $mark, join(',', sort keys %$text),
			$first->{place}, $title;
	}
}
exit $status;
