# SPDX-License-Identifier: BSD-2-Clause
"""
Commands of gdb for Halite on QEMU:

    gdb-multiarch -x tools/gdb/halite.py build/halite.elf
    (gdb) target remote :1234        QEMU has -s, as in: halite run ... -- -s
    (gdb) halite home                finds Halite in memory and puts the symbols there

`help halite` lists the commands. Halite has physical addresses, and a hart may stand in a guest
with page tables of its own, so memory is read by physical addresses (QEMU's PhyMemMode). At a
machine that stands at its reset (-S), `halite home` runs until Halite moves to its home. This is
for a Halite that QEMU has loaded by -kernel.
"""
import gdb
import struct

RAM_START = 0x80000000
HOME_ALIGN = 0x200000
BEACON_AT = 64
MAGIC = b"HALITEST"
PTE_V, PTE_R, PTE_W, PTE_X = 1, 2, 4, 8
NACL_DIRTY, NACL_CSRS = 0xf80, 0x1000  # src/nacl/abi.h
MODES = {8: ("Sv39", 3), 9: ("Sv48", 4), 10: ("Sv57", 5)}


def physical():
    """From now on gdb reads and writes memory by physical addresses."""
    gdb.execute("maintenance packet Qqemu.PhyMemMode:1", to_string=True)


def read(address, size):
    return gdb.selected_inferior().read_memory(address, size).tobytes()


def word(address):
    return struct.unpack("<Q", read(address, 8))[0]


def ram_end():
    text = gdb.execute("monitor info memory_size_summary", to_string=True)
    for line in text.splitlines():
        if line.startswith("base memory:"):
            return RAM_START + int(line.split(":")[1])
    raise gdb.GdbError("QEMU does not say how much RAM there is")


def symbol(name):
    """The link address of a symbol, whatever symbols are loaded elsewhere."""
    return int(gdb.parse_and_eval("(unsigned long)&" + name))


class Home:
    """Where the Halite of a level is, and its header (src/hv/stats_format.h)."""

    def __init__(self, start, header):
        self.start = start
        (self.magic, self.version, self.size, self.self_at, self.home, self.home_size,
         self.timebase, self.level, self.flags, self.harts, self.stride, self.first) = \
            struct.unpack("<8sIIQQQQIIIIQ", header[:72])


def find_homes():
    """All Halites in memory that are at home, the lowest level first."""
    homes = []
    at = ram_end() // HOME_ALIGN * HOME_ALIGN
    left = 4096
    while at > RAM_START and left:
        at -= HOME_ALIGN
        left -= 1
        beacon = read(at + BEACON_AT, 16)
        if beacon[:8] != MAGIC:
            continue
        header_at = at + struct.unpack("<I", beacon[8:12])[0]
        home = Home(at, read(header_at, 72))
        if home.magic == MAGIC and home.self_at == header_at and home.home == at:
            homes.append(home)
            left = 4096
    return homes


chosen = None  # the Home whose symbols are loaded


def load_symbols(start):
    elf = gdb.current_progspace().filename 
    if not elf:
        raise gdb.GdbError("no ELF: start gdb with build/halite.elf")
    gdb.execute("symbol-file", to_string=True)
    offset = start - LINK_ADDRESS
    gdb.execute("symbol-file %s -o %#x" % (elf, offset), to_string=True)
    print("halite: symbols of %s at home, %#x" % (elf, start))


def run_to_home():
    """Let the machine run until Halite jumps to its home; a3 is riscv_home_entry there then."""
    entry = symbol("riscv_home_entry")
    jump = gdb.Breakpoint("*%#x" % symbol("riscv_jump"), type=gdb.BP_HARDWARE_BREAKPOINT,
                          internal=True)
    gdb.execute("continue", to_string=True)
    jump.delete()
    load_symbols(int(gdb.parse_and_eval("$a3")) - entry + LINK_ADDRESS)


def vcpus():
    """The gdb.Values of all struct vcpu, domain by domain."""
    need_home()
    host = gdb.parse_and_eval("'src/hv/main.c'::host")
    found = []
    for n in range(int(host["domain_count"])):
        domain = host["domains"][n].dereference()
        for i in range(int(domain["vcpu_count"])):
            found.append(domain["vcpus"][i].dereference())
    return found


def vcpu(index):
    """The one with this index."""
    found = vcpus()
    if index >= len(found):
        raise gdb.GdbError("there are %d harts" % len(found))
    return found[index]


def need_home():
    if chosen is None:
        raise gdb.GdbError("first: halite home")
    physical()


def index_of(argument):
    words = gdb.string_to_argv(argument)
    return int(words[0], 0) if words else 0


class Command(gdb.Command):
    def __init__(self):
        super().__init__("halite " + self.name, gdb.COMMAND_USER)


class Halite(gdb.Command):
    """Commands for Halite: home, harts, csrs, walk, nacl, shadow."""

    def __init__(self):
        super().__init__("halite", gdb.COMMAND_USER, prefix=True)


class HomeCommand(Command):
    """halite home [LEVEL]: find the Halite of LEVEL (0) and put its symbols at its home.

If none is at home yet, the machine runs until Halite jumps to its home."""
    name = "home"

    def invoke(self, argument, from_tty):
        global chosen
        physical()
        level = index_of(argument)
        homes = find_homes()
        if level < len(homes):
            chosen = homes[level]
            load_symbols(chosen.start)
        elif homes:
            raise gdb.GdbError("there are %d Halites" % len(homes))
        else:
            run_to_home()
            print("halite: it goes there now. Give this command once more when a guest runs")


class Harts(Command):
    """halite harts: what each hart runs: Halite, L1 or L2, and where."""
    name = "harts"

    def invoke(self, argument, from_tty):
        for v in vcpus():
            print("hart %d: %s, %s, %d exits" % (
                int(v["hart"]["hartid"]), "L2" if v["h"]["virt"] else "L1",
                "online" if v["online"] else "stopped",
                sum(int(v["stats"]["exits"][n]) for n in
                    range(v["stats"]["exits"].type.range()[1] + 1))))


def print_fields(value, prefix):
    for field in value.type.fields():
        member = value[field.name] if field.name else value[field]
        kind = field.type.strip_typedefs()
        name = prefix + (field.name or "")
        if kind.code in (gdb.TYPE_CODE_STRUCT, gdb.TYPE_CODE_UNION):
            print_fields(member, name + "." if field.name else prefix)
        elif kind.code in (gdb.TYPE_CODE_INT, gdb.TYPE_CODE_BOOL):
            print("  %-20s %#x" % (name, int(member) & (1 << 64) - 1))


class Csrs(Command):
    """halite csrs [HART]: the virtual hart's CSRs in its image (struct hext_hart).

The set of the level that runs is in the hardware while the vCPU is live (docs/architecture.md)."""
    name = "csrs"

    def invoke(self, argument, from_tty):
        v = vcpu(index_of(argument))
        print("hart %d: virtual hart %s, %s" % (
            int(v["hart"]["hartid"]), "ON" if v["h"]["virt"] else "OFF",
            "live: the set of this state is in the hardware" if v["live"] else "not live"))
        print_fields(v["h"], "")


def walk(root, levels, bits, address, translate, label):
    """Walk a table. translate makes a host address of an address in the table."""
    for level in range(levels - 1, -1, -1):
        width = bits if level == levels - 1 else 9
        index = address >> 12 + 9 * level & (1 << width) - 1
        at = translate(root + 8 * index)
        if at is None:
            return None
        pte = word(at)
        print("  %s level %d: entry %d at %#x: %#x" % (label, level, index, at, pte))
        if not pte & PTE_V:
            print("  %s: not valid" % label)
            return None
        root = (pte >> 10 & (1 << 44) - 1) << 12
        if pte & (PTE_R | PTE_W | PTE_X):
            mask = (1 << 12 + 9 * level) - 1
            return root & ~mask | address & mask
    print("  %s: no leaf" % label)
    return None


def walk_atp(atp, address, extra, translate, label):
    mode = atp >> 60
    if mode == 0:
        return address
    if mode not in MODES:
        print("  %s: mode %d is not known" % (label, mode))
        return None
    name, levels = MODES[mode]
    return walk((atp & (1 << 44) - 1) << 12, levels, 9 + extra, address, translate,
                label + " " + name + ("x4" if extra else ""))


class Walk(Command):
    """halite walk ADDRESS [HART]: translate an address of L2 by L1's tables and by the shadow.

ADDRESS is virtual if vsatp has a mode, else guest physical. The machine must stand still."""
    name = "walk"

    def invoke(self, argument, from_tty):
        words = gdb.string_to_argv(argument)
        if not words:
            raise gdb.GdbError("halite walk ADDRESS [HART]")
        v = vcpu(int(words[1], 0) if len(words) > 1 else 0)
        h = v["h"]
        address = int(gdb.parse_and_eval(words[0])) & (1 << 64) - 1
        same = lambda a: a
        hgatp = int(h["hgatp"])
        guest = lambda a: walk_atp(hgatp, a, 2, same, "L1's G-stage")
        live = bool(v["live"]) and bool(h["virt"])
        vsatp = int(gdb.parse_and_eval("$vsatp")) if live else int(h["vs"]["atp"])
        print("vsatp %#x, hgatp of L1 %#x" % (vsatp & (1 << 64) - 1, hgatp))
        physical_of_l2 = walk_atp(vsatp & (1 << 64) - 1, address & (1 << 57) - 1, 0, guest,
                                  "vsatp")
        if physical_of_l2 is None:
            return
        print("guest physical address %#x" % physical_of_l2)
        of_l1 = guest(physical_of_l2)
        if of_l1 is not None:
            print("by L1's table: %#x" % of_l1)
        if int(v["shadow"]):
            of_shadow = walk_atp(int(v["quick"]["shadow_atp"]), physical_of_l2, 2, same, "shadow")
            if of_shadow is not None:
                print("by the shadow: %#x" % of_shadow)


class Nacl(Command):
    """halite nacl [HART]: L1's area of SBI NACL: the CSRs in it that are not 0 or are dirty."""
    name = "nacl"

    def invoke(self, argument, from_tty):
        v = vcpu(index_of(argument))
        area = int(v["nacl"]["shmem"])
        print("features %#x, area %s" % (int(v["nacl"]["features"]), "%#x" % area if area else
                                         "none"))
        if not area:
            return
        dirty = read(area + NACL_DIRTY, 128)
        for index in range(1024):
            value = word(area + NACL_CSRS + 8 * index)
            is_dirty = dirty[index // 8] >> index % 8 & 1
            if value or is_dirty:
                print("  CSR 0x%03x %#18x%s" % ((index & 0x300) << 2 | index & 0xff, value,
                                               " dirty" if is_dirty else ""))


class Shadow(Command):
    """halite shadow [HART]: the shadow that the hart is bound to, and the pool of all tables."""
    name = "shadow"

    def invoke(self, argument, from_tty):
        v = vcpu(index_of(argument))
        if int(v["shadow"]):
            print_fields(v["shadow"].dereference(), "")
        else:
            print("the hart is bound to no shadow")
        pool = v["domain"]["shadows"]
        print("pool: %d shadows, %d tables, drains %d, reclaimed %d" % (
            int(pool["count"]), int(pool["table_total"]), int(pool["drains"]),
            int(pool["reclaimed"])))


LINK_ADDRESS = symbol("riscv_image_start")
Halite()
for command in (HomeCommand, Harts, Csrs, Walk, Nacl, Shadow):
    command()
