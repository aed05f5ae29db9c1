// Package clients runs real clients, unmodified, against a server that it starts:
// Azure CLI from its Python package, and curl. GATEHOUSE names the program, AZ
// Azure CLI. Start at TestMain.
package clients
