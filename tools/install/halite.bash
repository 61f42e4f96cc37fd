# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# bash completion for halite. Verbs and options are those that the command's own help names.

# _halite_help [VERB]: prints the help text.
_halite_help() { "$_halite_command" "$@" --help 2>/dev/null; }

# _halite_values VERB OPTION WORD: puts values of OPTION that begin with WORD in COMPREPLY. The help
# text names the kind of a value behind the option: F, FILE or PATH is a file, DIR is a folder.
_halite_values()
{
	local kind head=
	case $2 in
	--machine) kind="plic aplic aia" ;;
	--nacl) kind="all none sync_csr sync_hfence sync_sret autoswap_csr" ;;
	--give) kind="fw_cfg flash iommu" ;;
	*)
		kind=$(_halite_help "$1" | sed -n "s/^  $2 \([A-Z]*\).*/\1/p" | head -n 1)
		case $kind in
		F | FILE | PATH) mapfile -t COMPREPLY < <(compgen -f -- "$3") ;;
		DIR) mapfile -t COMPREPLY < <(compgen -d -- "$3") ;;
		esac
		compopt -o filenames 2>/dev/null
		return
		;;
	esac
	# The last of a list with commas is completed.
	[[ $3 != *,* ]] || head=${3%,*},
	mapfile -t COMPREPLY < <(compgen -P "$head" -W "$kind" -- "${3##*,}")
}

_halite()
{
	local _halite_command=${COMP_WORDS[0]/#\~/$HOME} verb=${COMP_WORDS[1]-}
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} i
	COMPREPLY=()
	if [ "$COMP_CWORD" = 1 ]; then
		mapfile -t COMPREPLY < <(compgen -W "--help --version $(_halite_help |
			sed -n 's/^  \([a-z][a-z-]*\)  .*/\1/p')" -- "$word")
		return
	fi
	# What follows -- is for QEMU.
	for ((i = 2; i < COMP_CWORD; i++)); do
		if [ "${COMP_WORDS[i]}" = -- ]; then
			mapfile -t COMPREPLY < <(compgen -f -- "$word")
			return
		fi
	done
	# bash splits --name=value into three words.
	if [ "$word" = = ]; then
		word=
	elif [ "$before" = = ]; then
		before=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	case $before in
	-*)
		if _halite_help "$verb" | grep -qE -e "(^  |, )$before [A-Z]"; then
			_halite_values "$verb" "$before" "$word"
			return
		fi
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "--help $(_halite_help "$verb" |
		sed -n 's/^  \(-.*\)/\1/p' | grep -oE -e '--?[a-z][a-z-]*')" -- "$word")
}

complete -F _halite halite
