# SPDX-License-Identifier: BSD-2-Clause
# make proofs  proves properties of the sources with CBMC (scripts/proofs.sh); PROOF selects some

.PHONY: proofs
proofs: libfdt
	@scripts/install-packages.sh run
	@scripts/proofs.sh $(PROOF)
