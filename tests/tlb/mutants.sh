#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Breaks the sources on purpose, one thing at a time, in copies; the model (test_tlb.c) must find each.
# Usage: tests/tlb/mutants.sh [WORD...]: only those with a word in their line.
#        tests/tlb/mutants.sh --fit: only looks whether each of them still changes its file.
#
# A line: what is broken; the file; the sed command (sed -z, basic regular expressions). Those that begin with "same:" are
# wrong in no way that L1 or the machine can see, for the reason given; they are not run. Those that begin with "rare:" take
# more luck than a few seeds have: missing them is no failure.
set -u
cd "$(dirname "$0")/../.."
OUT=build/tlb-mutants

MUTANTS=$(cat <<'END'
a fence of L1 leaves the shadows alone; hext/shadow_fence.c; s/\tfence_table(pool, s->root[^;]*;\n//
a fence does not outdate walks under way; hext/shadow_fence.c; s/\tshadow_new_generation(s);\n//
a walk goes on from before a fence; hext/shadow_fill.c; s/if (missed->shadow != s || missed->generation != generation)/if (false)/
rare: the plainest filling goes on from before a fence (test_hext_shadow finds it); hext/shadow_fill.c; s/s->generation == m->generation \&\&/true \&\&/
hardware's fence is left to who finds an entry; hext/shadow_fence.c; s/fenced.shadows |= BIT64(i);/;/
rare: a range stays a range while pages are drained (test_hext_shadow finds it); hext/shadow_fence.c; s/ || s->draining//
a range stays a range in a shadow with parts of larger leaves; hext/shadow_fence.c; s/ || s->fragmented//
parts of a larger leaf beside the range stay; hext/shadow_fence.c; s/larger == RSW_MORE ? 5 : level + larger/level/
tables with parts of a larger leaf are not looked at; hext/shadow_fence.c; s/part_of > level ? part_of : level/level/
VMID bits beyond VMIDLEN count in GVMA; hext/shadow_fence.c; s/(fence->vmid & vmid_mask)/fence->vmid/
a GVMA range loses its last page; hext/shadow_fence.c; s/fence->gpa + fence->size - 1/fence->gpa + fence->size - 4097/
VVMA takes no shadow of the VMID; hext/shadow_fence.c; s/(all_vmids || named)/all_vmids/
VVMA takes the first shadow of the VMID only; hext/shadow_fence.c; s/if (s->used \&\& (all_vmids/if (!found \&\& s->used \&\& (all_vmids/
pages are reused while harts may walk them; hext/shadow.c; s/\tpool->quiesce(ctx, s->vmid);\n//
pages are free before harts have forgotten them; hext/shadow.c; s/\tpool->quiesce(ctx, s->vmid);\n/\tfor (i = taken; i != NO_TABLE; i = next) {\n\t\tnext = pool->info[i].next;\n\t\tadd_free(pool, i);\n\t}\n\ttaken = NO_TABLE;\n&/
the root keeps what it had; hext/shadow.c; s/\tfor (i = s->span.first; i < s->span.end; i++)\n\t\tstore_pte(&s->root\[i\], 0);\n//
all shadows have one VMID; hext/shadow.c; s/config->vmid_first + i/config->vmid_first/
a shadow's VMID is not in hgatp; hext/shadow.c; s/(uint64_t)s->vmid << HGATP_VMID_SHIFT/0/
a key goes to another guest with the contents; hext/shadow.c; s/\t\tshadow_drain(pool, victim, h->ctx);\n//
a shadow that drains is taken by another guest; hext/shadow.c; s/ \&\& !pool->shadow\[i\].draining//
one shadow for all roots of a VMID; hext/shadow.c; s/pool->shadow\[i\].hgatp == hgatp/!((pool->shadow[i].hgatp ^ hgatp) \& HGATP_VMID)/
one shadow for all VMIDs of a root; hext/shadow.c; s/pool->shadow\[i\].hgatp == hgatp/!((pool->shadow[i].hgatp ^ hgatp) \& ~HGATP_VMID)/
a shadow can lose its key while a hart is bound to it; hext/shadow.c; s/return !s->harts;/return true;/
too few VMIDs count as enough; hext/shadow.c; s/bool tagged = [^;]*;/bool tagged = true;/
a new table has old entries; hext/shadow_fill.c; s/\tfor (i = 0; i < TABLE_ENTRIES; i++)\n\t\tstore_pte(&table\[i\], 0);\n\tpool->info/\tpool->info/
rare: a table that a leaf replaces keeps its entries; hext/shadow_fill.c; s/\t\tclear_table(pool, table_index(pool, old));\n//
a walk from before a fence is installed by a fault; hext/shadow_fill.c; s/if (s->generation == generation) {/if (true) {/
a walk from before a fence is installed ahead; hext/shadow_fill.c; s/if (s->generation == generation \&\& p.level/if (p.level/
the quick way does not fence where VMIDs are few; hv/quick.c; s/if (static_key(KEY_FLUSH))/if (false)/
the quick way enters under the shadow of another guest; hv/quick.c; s/v->shadow_key == v->h.hgatp/true/
the quick way leaves vsatp on while hgatp changes; hv/quick.c; s/uint64_t atp = ncsr_swap(HEXT_CSR_VSATP, 0)/uint64_t atp = ncsr_read(HEXT_CSR_VSATP)/
a fence does not see the neighbours that came along; hext/shadow_fill.c; s/\t\t\tspan_add(p->span, first + i);\n//
a fence does not see the highest entry; hext/shadow_tables.h; s/s->end = index + 1/s->end = index/
a fence forgets what it has left; hext/shadow_fence.c; s/\t\t\telse\n\t\t\t\tall = false;\n//
same: the retry faults again, finds the entry there and fences; hext/shadow_fill.c; s/old ? HEXT_SHADOW_FLUSH_GPA : flush/flush/
rare: an entry that was there is fenced by address, which leaves a pointer to a table that is not in use any more; hext/shadow_fill.c; s/is_pointer(old) || old == leaf->pte/is_pointer(old)/
a leaf does not say that it is a part; hext/shadow_fill.c; s/(uint64_t)larger << PTE_RSW_SHIFT/0/
a shadow does not say that it has parts; hext/shadow_fill.c; s/s->fragmented = true;/;/
tables do not say that they have parts; hext/shadow_fill.c; s/\tif (\*part_of < level)\n\t\t\*part_of = level;/\t(void)part_of, (void)level;/
L1's permissions do not count for stores; hext/shadow_fill.c; s/page->w \&\& host.w/host.w/
quiesce() fences nothing; hv/nested.c; s/\thfence_vmid(\*vmid);/\t(void)vmid;/
quiesce() asks this hart only; hv/nested.c; s/ipi_call(ctx, ~UINT64_C(0)/ipi_call(ctx, BIT64(((struct vcpu *)ctx)->index)/
the first shadow has the domain's VMID; hv/nested.c; s/.vmid_first = 1/.vmid_first = 0/
one VMID more than there is; hv/nested.c; s/(1 << d->hext.vmid_bits) - 1/(1 << d->hext.vmid_bits)/
a hart starts with what the shadows' VMIDs have in it; hv/nested.c; s/\t\thfence_vmid(pool->shadow\[i\].vmid);/\t\t;/
a hart starts with what VMID 0 has in it; hv/nested.c; s/\thfence_vmid(0);\n//
a hart starts with shadows that were not fenced for it; hv/nested.c; s/\thext_shadow_fence_gvma(pool, &everything);\n/(void)everything;\n/
L2 runs under the shadow that was bound before; hv/nested.c; s/ || v->shadow->hgatp != v->h.hgatp//
same: likewise; hv/nested.c; s/\t\thfence_gvma_range(v->shadow->vmid, gpa, PAGE_SIZE);\n//
no fence after a changed table; hv/nested.c; s/\t\thfence_gvma_vmid(v->shadow->vmid);\n//
the fence for the retry names another VMID; hv/nested.c; s/hfence_gvma_vmid(v->shadow->vmid)/hfence_gvma_vmid(0)/
same: what is filled is walked for under the hgatp that L2 is about to run with; hv/nested.c; s/if (missed->hgatp \&\& missed->hgatp == v->h.hgatp)/if (missed->hgatp)/
GVMA of all addresses does not reach the hardware; hv/fence.c; s/\t\t\thfence_gvma_vmid(pool->shadow\[i\].vmid);/\t\t\t;/
GVMA of a range does not reach the hardware; hv/fence.c; s/\t\t\thfence_gvma_range([^;]*;/\t\t\t;/
GVMA names L1's VMID to the hardware; hv/fence.c; s/hfence_gvma_vmid(pool->shadow\[i\].vmid)/hfence_gvma_vmid(fence->vmid)/
GVMA for all VMIDs takes one; hv/fence.c; s/fence_gvma(v, fence, true);/fence_gvma(v, fence, false);/
GVMA of many shadows does not reach the hardware; hv/fence.c; s/\t\thfence_gvma_all();/\t\t;/
a long GVMA range takes its first page; hv/fence.c; s/\t\towed.whole = owed.shadows;/\t\t;/;s/fence->addr, fence->size);\n\t}/fence->addr, is_too_much(fence, count) ? 4096 : fence->size);\n\t}/
a long VVMA range takes its first page; hv/fence.c; s/\t\tnamed.size = 0;/\t\tnamed.size = 4096;/
VVMA does not reach the hardware; hv/fence.c; s/\thfence_vvma([^;]*;/\t;(void)named;/
VVMA of any ASID takes one; hv/fence.c; s/fence_vvma(v, fence, false, true);/fence_vvma(v, fence, false, false);/
VVMA of an address takes another; hv/fence.c; s/\.addr = fence->addr,\n\t\t\.size = fence->size,\n\t\t\.asid/.addr = fence->addr + 0x1000,\n\t\t.size = fence->size,\n\t\t.asid/
the guest's vsatp is live during a visit; riscv/fence.c; s/csr_swap(HEXT_CSR_VSATP, 0)/csr_read(HEXT_CSR_VSATP)/g
a visit does not go to the VMID; riscv/fence.c; s/csr_write(HEXT_CSR_HGATP, hgatp\[i\]);/(void)hgatp;/
a visit under another G-stage leaves its traces; riscv/fence.c; s/, fence);\n\tinsn_hfence_gvma_vmid(vmid);/, fence);/
a visit goes to the VMID with another G-stage; riscv/fence.c; s/vvma_visit(hgatp, count, fence);\n\t}/for (i = 0; i < count; i++)\n\t\t\tvvma_visit_vmid((hgatp[i] \& HGATP_VMID) >> HGATP_VMID_SHIFT, fence);\n\t}/;s/, fence);\n\tinsn_hfence_gvma_vmid(vmid);/, fence);/
without VMIDs a visit is made; riscv/fence.c; s/else if (static_key(KEY_FLUSH))/else if (0)/
one page of a GVMA range; riscv/fence.c; s/done < gpa - first + size/done < 1/
one page of a VVMA range; riscv/fence.c; s/done < fence->addr - first + fence->size/done < 1/
the last page of a range that is not aligned; riscv/fence.c; s/done < gpa - first + size/done + PAGE_SIZE < gpa - first + size/
hfence_vmid() leaves the G-stage; riscv/fence.c; s/\t\tqueue(nacl_hfence_gvma_vmid_all(vmid));\n\t} else/\t} else/
hfence_vmid() leaves the VS-stage in the queue; riscv/fence.c; s/\t\tqueue(nacl_hfence_vvma_all(vmid));\n//
a GVMA of a VMID is not queued; riscv/fence.c; s/\t\tqueue(nacl_hfence_gvma_vmid_all(vmid));\n\telse/\t\t;\n\telse/
a GVMA of a range is not queued; riscv/fence.c; s/\t\tqueue(nacl_hfence_gvma_vmid(vmid, gpa, size, 0));/\t\t;/
a VVMA is not queued; riscv/fence.c; s/\t\t\tqueue(vvma_entry([^;]*;/\t\t\t(void)vvma_entry;/
a VVMA is queued for another VMID; riscv/fence.c; s/vvma_entry((hgatp\[i\] & HGATP_VMID) >> HGATP_VMID_SHIFT/vvma_entry(0/
two guests' stages are mixed in the switch; riscv/world.c; s/\tncsr_write(HEXT_CSR_VSATP, 0);\n\tncsr_write(HEXT_CSR_HGATP, hgatp);/\tncsr_write(HEXT_CSR_HGATP, hgatp);/
vsatp is loaded before hgatp; riscv/world.c; s/\tswitch_gstage(shadow_hgatp);\n\tload_bank(&h->vs);/\tload_bank(\&h->vs);\n\tncsr_write(HEXT_CSR_HGATP, shadow_hgatp);\n\tif (static_key(KEY_FLUSH))\n\t\thfence_vmid(0);/
without VMIDs a switch does not fence; riscv/world.c; s/\t\thfence_vmid(0);/\t\t;/
a switch does not change hgatp; riscv/world.c; s/\tncsr_write(HEXT_CSR_HGATP, hgatp);/\t(void)hgatp;/
KEY_FLUSH is not set; hv/bringup.c; s/\t\tkeys |= BIT64(KEY_FLUSH);/\t\t;/
rare: a hart is reached by calls only after it has flushed, when L1 fences for a hart that is about to start; hv/bringup.c; s/\tipi_online(v);\n//;s/\tinit_hart(v);\n\tvcpu_resume/\tinit_hart(v);\n\tipi_online(v);\n\tvcpu_resume/
L2 is entered without looking its shadow up; hv/vcpu.c; s/\t\tnested_bind_shadow(v);/\t\tif (!v->shadow)\n\t\t\tnested_bind_shadow(v);/
remote fences are done here; hv/sbi_rfence.c; s/ipi_call(v, vcpus, fence_here, &fence)/fence_here(v, \&fence)/
a remote VVMA has no VMID; hv/sbi_rfence.c; s/{ .vmid = vmid }/{ .vmid = vmid * 0 }/
a remote GVMA has the VMID of hgatp; hv/sbi_rfence.c; s/\t\tfence->vmid = args\[4\];\n//
a remote VVMA has no ASID; hv/sbi_rfence.c; s/\t\tfence->asid = args\[4\];\n//
L1's remote SFENCE is the firmware's; hv/sbi_rfence.c; s/\[SFENCE_VMA\] = HFENCE_VVMA,/[SFENCE_VMA] = SFENCE_VMA,/
L1's remote SFENCE of an ASID is the firmware's; hv/sbi_rfence.c; s/\[SFENCE_VMA_ASID\] = HFENCE_VVMA_ASID,/[SFENCE_VMA_ASID] = SFENCE_VMA_ASID,/
calls are answered, not done; hv/ipi.c; s/\tcall.fn(v, call.arg);\n/\t(void)v;\n/
calls are not waited for; hv/ipi.c; s/while (__atomic_load_n(&call.left, __ATOMIC_ACQUIRE)) {/for (i = 0; i < 0; i++) {/
the caller is left out; hv/ipi.c; s/if (mask & BIT64(v->index))\n\t\tfn(v, arg);/if (0)\n\t\tfn(v, arg);/
HFENCE.VVMA of L1 has no VMID; hv/emulate.c; s/.vmid = vmid_of(v->h.hgatp) }/.vmid = vmid_of(v->h.hgatp) * 0 }/
HFENCE.GVMA takes rs1 for an address; hv/emulate.c; s/v->x\[insn->rs1\] << 2 &/v->x[insn->rs1] \&/
HFENCE.GVMA of L1 does nothing; hv/emulate.c; s/\(fence.vmid = v->x\[insn->rs2\] & vmid_mask;\n\t}\n\)\tfence_l2(v, &fence);/\1/
HFENCE.VVMA of L1 does nothing; hv/emulate.c; s/\(fence.asid = v->x\[insn->rs2\] & 0xffff;\n\t}\n\)\tfence_l2(v, &fence);/\1/
pending fences are not done by an SRET that traps; hv/emulate.c; s/\t\tnacl_host_before_sret(&v->nacl);\n//
same: fence_l2() masks the VMID again; hv/emulate.c; s/v->x\[insn->rs2\] & vmid_mask/v->x[insn->rs2]/
same: what a device refuses becomes a trap of the guest, for which all is loaded; riscv/attempt.c; s/riscv_raw_load(addr, size, value);\n\n\tif (!ok)\n\t\tgive_back(&csrs);/riscv_raw_load(addr, size, value);\n\n\t(void)csrs;/
same: what a device refuses becomes a trap of the guest, for which all is loaded; riscv/attempt.c; s/riscv_raw_store(addr, size, value);\n\n\tif (!ok)\n\t\tgive_back(&csrs);/riscv_raw_store(addr, size, value);\n\n\t(void)csrs;/
code that cannot be fetched is taken for the guest's trap; riscv/attempt.c; s/: riscv_raw_fetch_u16(addr, code);\n\n\tif (!ok)\n\t\tgive_back(&csrs);/: riscv_raw_fetch_u16(addr, code);\n\n\t(void)csrs;/
hstatus is not given back; riscv/attempt.c; s/\tncsr_write(HEXT_CSR_HSTATUS, csrs->hstatus);\n//
same: the way back into the guest writes it; riscv/attempt.c; s/\tcsr_write(CSR_SSTATUS, csrs->sstatus);\n//
same: the way back into the guest writes it; riscv/attempt.c; s/\tcsr_write(CSR_SEPC, csrs->sepc);\n//
same: it has been read before; riscv/attempt.c; s/\tcsr_write(CSR_SCAUSE, csrs->scause);\n//
same: it has been read before; riscv/attempt.c; s/\tcsr_write(CSR_STVAL, csrs->stval);\n//
same: it has been read before; riscv/attempt.c; s/\tncsr_write(HEXT_CSR_HTVAL, csrs->htval);\n//
same: it has been read before; riscv/attempt.c; s/\tncsr_write(HEXT_CSR_HTINST, csrs->htinst);\n//
a walk reads a table in a device; hv/nested.c; s/return memory_read(v->domain, addr.addr, pte, sizeof(\*pte));/return read_memory((void *)v, addr, pte, sizeof(*pte));/
a table is read where the domain has no RAM; hv/memory.c; s/if (!domain_owns_ram(d, addr, size))\n\t\treturn false;\n\tswitch (size) {\n\tcase 1:\n\t\tREAD/switch (size) {\n\tcase 1:\n\t\tREAD/
a leaf's page is another one than that whose permissions count; hext/walk.c; s/\tfill_page(page, &leaf, gpa);\n\treturn END_LEAF;/\tfill_page(page, \&leaf, gpa);\n\tread_pte(h, leaf.where, \&leaf.pte);\n\tpage->pa = pa(leaf_address(\&leaf, gpa));\n\treturn END_LEAF;/
a neighbour's page is another one than that whose permissions count; hext/walk.c; s/\tfill_page(beside, &leaf, gpa);/&\n\tread_pte(h, leaf.where, \&leaf.pte);\n\tbeside->pa = pa(leaf_address(\&leaf, gpa));/
the register of a store is not looked at for refusal; hv/plic.c; s/if (!riscv_try_store(v->domain->host->machine.plic.base + offset, 4, (uint32_t)value))/*(volatile uint32_t *)(v->domain->host->machine.plic.base + offset) = value;\n\tif (0)/
the register of a load is not looked at for refusal; hv/plic.c; s/if (!riscv_try_load(v->domain->host->machine.plic.base + offset, 4, value))/*value = *(volatile uint32_t *)(v->domain->host->machine.plic.base + offset);\n\tif (0)/
contexts of M-mode are the guest's; hv/plic.c; s/if (d->host->machine.harts\[d->vcpus\[i\]->index\].plic_context == (int64_t)context)/if ((d->host->machine.harts[d->vcpus[i]->index].plic_context | 1) == (int64_t)(context | 1))/
any size is forwarded; hv/plic.c; s/return size == 4 && offset % 4 == 0;/return size \&\& offset % 4 == 0;/
code that is fetched again may do something else; hv/mmio.c; s/return hext_insn_makes(insn, hw->cause) && hext_insn_address(insn, v->x) == hw->tval;/return hext_insn_address(insn, v->x) == hw->tval;/
code that is fetched again may go elsewhere; hv/mmio.c; s/return hext_insn_makes(insn, hw->cause) && hext_insn_address(insn, v->x) == hw->tval;/return hext_insn_makes(insn, hw->cause);/
other harts do not hear of a change in the controller; hv/intc.c; s/\t\tipi_post(d, others, VCPU_REQ_INTC);/\t\t;/
an update does not look at the wire; hv/intc.c; s/\tintc_update(v);\n\tif (others)/\tif (others)/
a posted IPI is not raised; hv/ipi.c; s/\t\tvcpu_set_pending(v, BIT64(IRQ_SSI));/\t\t;/
a posted IPI is forgotten by L2; hv/vcpu.c; s/\telse\n\t\tv->h.sip |= sip_bits;/\telse\n\t\t;/
an IPI does not end L2; hv/vcpu.c; s/\treturn h->virt ? hext_interrupt_possible(h, csr_read(CSR_TIME)) :/\treturn h->virt ? false :/
SPVP is not the mode of L2; hext/trap.h; s/ | spvp |/ | HSTATUS_SPVP |/
GVA is not told; hext/trap.h; s/(gva ? HSTATUS_GVA : 0);\n}/(gva ? 0 : 0);\n}/
SPP is not the mode of who trapped; hext/trap.h; s/uint64_t spp = user ? 0 : SSTATUS_SPP;/uint64_t spp = user ? SSTATUS_SPP : SSTATUS_SPP;/
L1's SRET goes to S-mode; hext/trap.h; s/h->user = !(status & SSTATUS_SPP);/h->user = false;/
L1's SRET goes to where L2 was; hext/trap.h; s/h->pc = h->s.epc;/(void)h->s.epc;/
the quick SRET goes to S-mode; hv/quick.c; s/(status & SSTATUS_SPP));\n\tcsr_write(CSR_SEPC, pc);/SSTATUS_SPP);\n\tcsr_write(CSR_SEPC, pc);/
the quick trap has another sepc; hv/quick.c; s/SWAP_OUT_BITS(HEXT_CSR_VSEPC, epc, csr_read(CSR_SEPC)/SWAP_OUT_BITS(HEXT_CSR_VSEPC, epc, h->pc/
the quick trap has the htval of the trap before; hv/quick.c; s/\th->htval = htval;\n//
the area has the htval of the trap before; hv/quick.c; s/\t\tnacl_host_put(csrs, HEXT_CSR_HTVAL, htval);\n//
the area has the htinst of the trap before; hv/nested.c; s/\tnacl_host_put(csrs, HEXT_CSR_HTINST, h->htinst);\n//
the guest's pc is not loaded; hv/vcpu.c; s/\tcsr_write(CSR_SEPC, h->pc);\n//
the guest's mode is not loaded; hv/vcpu.c; s/\tif (h->user)\n\t\tcsr_clear(CSR_SSTATUS, SSTATUS_SPP);/\tif (0)\n\t\tcsr_clear(CSR_SSTATUS, SSTATUS_SPP);/
an access fault of L2 is always L1's; hv/vcpu.c; s/if (v->h.virt && (v->h.hedeleg >> trap->cause & 1)) {/if (false) {/
an access fault of L2 is always L2's; hv/vcpu.c; s/if (v->h.virt && (v->h.hedeleg >> trap->cause & 1)) {/if (v->h.virt) {/
an access fault has a pseudoinstruction; hext/shadow_fill.c; s/\t\tif (hext_insn_is_pseudo(hw->htinst))\n\t\t\ttrap->htinst = 0;\n//
an access fault has a guest physical address; hext/shadow_fill.c; s/\t\ttrap->htval = 0;\n//
HLV of L1 faults without GVA; hext/walk.c; s/\*trap = (struct hext_trap){ .tval = gva, .gva = true };/*trap = (struct hext_trap){ .tval = gva };/
a claim is told to the context's hart alone; hv/plic.c; s/intc_changed(v, NULL);/intc_changed(v, owner);/
the wire is not looked at behind what is raised; hv/intc.c; s/\tif (!wire_is_up())\n\t\tlower(v);\n//
no fence between what is raised and the wire; hv/intc.c; s/\tinsn_fence_io();\n\tRACE_POINT();\n\treturn/\tRACE_POINT();\n\treturn/
rare: no fence between the device and the look at other harts; hv/intc.c; s/\tinsn_fence_io();\n\tRACE_POINT();\n\tfor/\tRACE_POINT();\n\tfor/
requests of before are forgotten after the start; hv/bringup.c; s/\tipi_online(v);\n/\tipi_forget(v);\n&/
rare: a hart whose stop was refused goes on with what it missed; hv/sbi_hsm.c; s/\tnested_hart_start(v);\n//
a hart whose stop was refused has no hstatus; hv/sbi_hsm.c; s/\tv->hstatus_stale = true;\n//
a refused stop loses L1's area; hv/sbi_hsm.c; s/\tipi_offline(v);/\tnacl_host_reset(\&v->nacl);\n&/
hgatp waits in the area while it is fenced by instructions; riscv/fence.c; s/\tncsr_sync(HEXT_CSR_HGATP);\n//
rare: the guest's vsatp is back before its G-stage is fenced; riscv/fence.c; s/\tinsn_hfence_gvma_vmid(vmid);\n\tcsr_write(HEXT_CSR_VSATP, vsatp);/\tcsr_write(HEXT_CSR_VSATP, vsatp);\n\tinsn_hfence_gvma_vmid(vmid);/
END
)

# As mk/unit.mk builds them.
read -ra SOURCES <<<"$(make -s tlb-sources)"
HOOKS=(-fsanitize=thread --param tsan-distinguish-volatile=1 --param tsan-instrument-func-entry-exit=0)

# compile SOURCE OBJECT [FLAG...]
compile()
{
	gcc -std=gnu11 -w -O2 "${@:3}" -Itests/tlb -Isrc -DNACL_CLIENT_HOOKS='"riscv/nacl_hooks.h"' -DHALITE_JITTER \
		-c -o "$2" "$1"
}

# The program with $OUT/mutant.c in place of src/$file; a header is for all sources.
build_mutant()
{
	local source objects=()
	rm -rf "$OUT/include"
	case $file in *.h)
		mkdir -p "$OUT/include/${file%/*}"
		cp "$OUT/mutant.c" "$OUT/include/$file"
		;;
	esac
	for source in "${SOURCES[@]}"; do
		case $file in
		*.h)
			compile "$source" "$OUT/mutant-${source//\//_}.o" "-I$OUT/include" "${HOOKS[@]}" || return 1
			objects+=("$OUT/mutant-${source//\//_}.o")
			;;
		*)
			[ "$source" = "src/$file" ] || objects+=("$(object_of "$source")")
			;;
		esac
	done
	case $file in *.c)
		compile "$OUT/mutant.c" "$OUT/mutant.o" "${HOOKS[@]}" || return 1
		objects+=("$OUT/mutant.o")
		;;
	esac
	for source in tests/tlb/*.c; do
		objects+=("$(object_of "$source")")
	done
	gcc -o "$OUT/program" "${objects[@]}" -lcmocka
}

object_of()
{
	printf '%s/%s.o' "$OUT" "${1//\//_}"
}

chosen()
{
	local word
	[ $# -gt 1 ] || return 0
	for word in "${@:2}"; do
		case $1 in *"$word"*) return 0 ;; esac
	done
	return 1
}

# fits LINE
fits()
{
	local rest=${1#*; }
	local source=src/${rest%%;*}
	! sed -z "${rest#*; }" "$source" | cmp -s "$source" -
}

all_fit()
{
	local line status=0
	while IFS= read -r line; do
		fits "$line" || { status=1; echo "changes nothing: $line"; }
	done <<<"$MUTANTS"
	return "$status"
}

if [ "${1:-}" = --fit ]; then
	all_fit
	exit
fi
found=0
missed=0
rm -rf "$OUT"
mkdir -p "$OUT"
for source in "${SOURCES[@]}"; do
	compile "$source" "$(object_of "$source")" "${HOOKS[@]}" || exit 1
done
for source in tests/tlb/*.c; do
	compile "$source" "$(object_of "$source")" || exit 1
done
while IFS= read -r line; do
	chosen "$line" "$@" || continue
	case $line in same:*) continue ;; esac
	what=${line%%;*}
	rest=${line#*; }
	file=${rest%%;*}
	expr=${rest#*; }
	sed -z "$expr" "src/$file" >"$OUT/mutant.c"
	if ! fits "$line"; then
		echo "changes nothing: $line"
		exit 1
	fi
	if ! build_mutant; then
		echo "does not build: $line"
		exit 1
	fi
	if TLB_SEEDS=${TLB_SEEDS:-4} TLB_STEPS=${TLB_STEPS:-20000} timeout 600 nice "$OUT/program" --first >"$OUT/log" 2>&1; then
		case $line in rare:*) ;; *) missed=$((missed + 1)) ;; esac
		echo "MISSED: $what ($file)"
	else
		found=$((found + 1))
		echo "found: $what: $(grep -m1 '^seed' "$OUT/log" | cut -d: -f2 | cut -c1-60)"
	fi
done <<<"$MUTANTS"
echo "$found found, $missed missed"
[ "$missed" = 0 ]
