// Command gatehouse is the whole system in one program; see package cli.
package main

import (
	"os"

	"gatehouse/internal/app"
	"gatehouse/internal/cli"
)

func main() {
	coarseTimers(os.Args)
	os.Exit(cli.Main(os.Args, cli.Services{Up: app.Up, Serve: app.Serve}))
}
