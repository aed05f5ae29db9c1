// Package pwsh understands the PowerShell that deployment scripts are mostly made
// of, so that they run where no pwsh is installed: native commands with their
// arguments, quoted strings, backtick continuation, comments and a few simple
// things. Everything else is refused with line and column before the first command
// runs. It is not a PowerShell: no objects, no cmdlets beyond Write-Host, no
// pipelines. Start at Parse; Script.Run runs what it returns.
package pwsh
