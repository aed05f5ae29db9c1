// Package clients runs real clients, unmodified, against a server that it starts:
// Azure CLI from its Python package, curl, and h2spec. GATEHOUSE names the program, AZ
// Azure CLI, H2SPEC h2spec. Start at TestMain.
package clients
