package cli

import (
	"fmt"

	"github.com/spf13/cobra"
)

// refusedBicepCommands are the official commands that this program has not, each
// with what to do instead.
var refusedBicepCommands = []struct{ name, remedy string }{
	{"console", "put the expression in an output of a file, and run `gatehouse deploy FILE --what-if`"},
	{"decompile", "a JSON template is deployed as it is, with `gatehouse deploy FILE`, and a Bicep file may use it as a module"},
	{"decompile-params", "a JSON parameters file is used as it is, with `gatehouse deploy FILE -p PARAMETERS`"},
	{"deploy", "use `gatehouse deploy FILE`"},
	{"docs", "describe parameters and outputs with @description, and read them in the output of `bicep build --stdout`"},
	{"generate-params", "write a .bicepparam file that starts with `using 'FILE'`; `bicep lint` names the parameters that are missing"},
	{"jsonrpc", "run `bicep build`, `bicep lint` or `bicep format` for each file"},
	{"local-deploy", "use `gatehouse deploy FILE`"},
	{"publish", "refer to the module by a relative path, or publish it with the official tool"},
	{"publish-extension", "publish it with the official tool"},
	{"snapshot", "use `gatehouse deploy FILE --what-if`"},
	{"teardown", "delete the resource group with `gatehouse az group delete -n NAME`"},
	{"what-if", "use `gatehouse deploy FILE --what-if`"},
}

// newRefusedBicepCommands answer the official commands by name, whatever their arguments.
func newRefusedBicepCommands() []*cobra.Command {
	var out []*cobra.Command
	for _, c := range refusedBicepCommands {
		out = append(out, &cobra.Command{
			Use: c.name, Hidden: true, DisableFlagParsing: true,
			RunE: func(*cobra.Command, []string) error {
				return fmt.Errorf("bicep %s is not supported: %s", c.name, c.remedy)
			},
		})
	}
	return out
}
