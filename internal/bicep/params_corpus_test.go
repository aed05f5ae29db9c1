package bicep_test

import (
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gatehouse/internal/bicep"
	"gatehouse/internal/cli/source"
)

// TestParamsCorpus compiles every .bicepparam file below GATEHOUSE_BICEP_PARAMS_CORPUS
// that has the official compiler's .json beside it. GATEHOUSE_BICEP_PARAMS_MIN is
// how many must be equal (all unless set).
func TestParamsCorpus(t *testing.T) {
	root := os.Getenv("GATEHOUSE_BICEP_PARAMS_CORPUS")
	if root == "" {
		t.Log("GATEHOUSE_BICEP_PARAMS_CORPUS is not set: give it a folder with pairs of parameters.bicepparam and parameters.json")
		return
	}
	equal, all := 0, 0
	cache := corpusCache(t)
	filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		base, ok := strings.CutSuffix(path, ".bicepparam")
		if err != nil || !ok {
			return err
		}
		data, err := os.ReadFile(base + ".json")
		if err != nil || filepath.Base(base) != "parameters" { // others are read by these
			return nil
		}
		all++
		if diff := compareParams(t, path, cache, data); diff != "" {
			t.Log(strings.TrimPrefix(path, root), diff)
			return nil
		}
		equal++
		return nil
	})
	t.Logf("%d of %d are equal", equal, all)
	least := all
	if n, err := json.Number(os.Getenv("GATEHOUSE_BICEP_PARAMS_MIN")).Int64(); err == nil {
		least = int(n)
	}
	if equal < least {
		t.Errorf("%d are equal, less than %d", equal, least)
	}
}

// corpusEnv is the environment that the corpus was compiled in.
func corpusEnv(name string) string {
	return map[string]string{"stringEnvVariableName": "test", "intEnvVariableName": "100", "boolEnvironmentVariable": "true"}[name]
}

// compareParams compares what is compiled; of a file that has errors, which has no
// result, where they are.
func compareParams(t *testing.T, path, cache string, data []byte) string {
	var want, got any
	if err := json.Unmarshal(data, &want); err != nil {
		return err.Error()
	}
	o := bicep.ParamsOptions{Getenv: corpusEnv, Evaluate: source.Evaluate}
	o.CacheDir = cache
	r, diags := bicep.CompileParams(context.Background(), path, o)
	if o, ok := want.(map[string]any); ok && len(o) == 0 {
		return sameErrors(expectedErrors(t, strings.TrimSuffix(path, ".bicepparam")+".diagnostics.bicepparam"), diags, path)
	}
	if r == nil {
		for _, d := range diags {
			if d.Severity == 0 {
				return d.String()
			}
		}
		return "no result and no error"
	}
	if err := json.Unmarshal(r.Parameters, &got); err != nil {
		return err.Error()
	}
	return difference("$", want, got)
}
