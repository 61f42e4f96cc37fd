# SPDX-License-Identifier: BSD-2-Clause
# The version of the command and of the hypervisor. CONTRIBUTING.md says how to make a release.
HALITE_VERSION := 0.1.0
