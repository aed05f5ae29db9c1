package bicep

import (
	"io"
	"os"
)

// mostRead is more than any file may have: source files end at 16 MiB, and load
// functions long before. What is longer is cut, so that its reader refuses it.
const mostRead = 16<<20 + 1

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, mostRead))
}
