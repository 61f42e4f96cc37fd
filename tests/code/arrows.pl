#!/usr/bin/perl
# SPDX-License-Identifier: BSD-2-Clause
# Usage: arrows.pl LAYERS SRC OBJ
# Looks at each arrow between two files of the folder SRC: an #include, or a symbol that the object
# of one uses and the object of the other defines (OBJ/hv/exit.c.o is the object of hv/exit.c).
# Prints each arrow that runs against the file LAYERS, and each circle of files. Fails if there is
# one.
#
# LAYERS has a layer a line, the upper ones first: NAME: FILE... A FILE may end in *, and may lack
# its extension; the longest that fits a file counts. Groups of files with | between them have no
# arrows from one to another. "up FROM SYMBOL REASON" allows an arrow up from the files FROM; of an
# #include, SYMBOL is the header. Both may have a *.
use strict;
use warnings;

my ($layers, $src, $obj) = @ARGV;
my (@patterns, %rank, %group, %layer, @up, %arrows, $bad);
my $line_rank = 0;

sub complain
{
	print "@_\n";
	$bad = 1;
}

# The regular expression of a FILE or FROM.
sub form
{
	my $form = quotemeta $_[0];
	$form =~ s/\\\*/.*/g;
	return qr/^$form(\.[chS])?$/;
}

open(my $in, '<', $layers) or die "$layers: $!\n";
while (<$in>) {
	s/#.*//;
	if (/^up (\S+) (\S+) \S/) {
		push @up, [form($1), form($2), 0, "$1 $2"];
	} elsif (/^(\S+):(.*)/) {
		my ($name, $groups, $number) = ($1, $2, 0);
		for my $files (split /\|/, $groups) {
			$number++;
			push @patterns, [$_, $line_rank, $number, $name, 0] for split ' ', $files;
		}
		$line_rank++;
	} elsif (/\S/) {
		die "$layers: neither a layer nor an arrow with a reason: $_";
	}
}

my @files = map { substr $_, length("$src/") } glob "$src/*/*.[chS]";
for my $file (@files) {
	my $best;
	for my $p (@patterns) {
		next unless $file =~ form($p->[0]);
		$p->[4] = 1;
		$best = $p if !$best || length $p->[0] > length $best->[0];
	}
	if (!$best) {
		complain "$file is in no layer";
		next;
	}
	(undef, $rank{$file}, $group{$file}, $layer{$file}) = @$best;
}
$_->[4] or complain "no file for $_->[0] of layer $_->[3]" for @patterns;

sub arrow
{
	my ($from, $to, $what) = @_;
	return if $from eq $to || !defined $rank{$from} || !defined $rank{$to};
	if ($rank{$to} < $rank{$from}) {
		my @allowed = grep { $from =~ $_->[0] && $what =~ $_->[1] } @up;
		$_->[2] = 1 for @allowed;
		return if @allowed;
		complain "$from -> $to: $what runs up from $layer{$from} to $layer{$to}";
	} elsif ($rank{$to} == $rank{$from} && $group{$to} != $group{$from}) {
		complain "$from -> $to: $what runs across $layer{$from}";
	} else {
		$arrows{$from}{$to} //= $what;
	}
}

for my $file (@files) {
	open(my $text, '<', "$src/$file") or die "$file: $!\n";
	while (<$text>) {
		arrow($file, $1, $1) if /^\s*#\s*include "([^"]+)"/;
	}
}

my (%defined, %used);
for my $file (@files) {
	next unless -e "$obj/$file.o";
	for (`riscv64-unknown-elf-nm $obj/$file.o`) {
		my ($type, $symbol) = /(\S) (\S+)$/ or next;
		if ($type eq 'U') {
			$used{$file}{$symbol} = 1;
		} elsif ($type =~ /[A-Z]/) {
			$defined{$symbol} = $file;
		}
	}
}
%used or complain "no objects in $obj";
for my $file (sort keys %used) {
	for my $symbol (sort keys %{ $used{$file} }) {
		arrow($file, $defined{$symbol}, $symbol) if defined $defined{$symbol};
	}
}
$_->[2] or complain "up $_->[3]: there is no such arrow" for @up;

# Each circle once: depth first, where a file that has been left is in no circle with what follows.
my %state;
sub visit
{
	my ($file, @path) = @_;
	$state{$file} = 'on the path';
	for my $to (sort keys %{ $arrows{$file} // {} }) {
		my $text = "$file -> $to ($arrows{$file}{$to})";
		if (($state{$to} // '') eq 'on the path') {
			my @circle = (@path, $text);
			shift @circle while @circle && $circle[0] !~ /^\Q$to\E /;
			complain 'a circle: ' . join ', ', @circle;
		} elsif (!$state{$to}) {
			visit($to, @path, $text);
		}
	}
	$state{$file} = 'left';
}
$state{$_} or visit($_) for @files;
exit($bad ? 1 : 0);
