package sema

// experiments are the experimental features that a template names: by their names in
// bicepconfig.json, how they are called, whether a build warns of them, and whether
// the template needs the experimental language version.
var experiments = []struct {
	key, name     string
	warns, engine bool
}{
	{"ociEnabled", "OCI registry support", true, false},
	{"resourceInfoCodegen", "Resource info code generation", true, true},
	{"resourceTypedParamsAndOutputs", "Resource-typed parameters and outputs", true, false},
	{"sourceMapping", "Source mapping", true, false},
	{"assertions", "Asserts", true, true},
	{"waitUntil", "Enable waitUntil feature on resource bicep types", true, true},
	{"localDeploy", "Enable local deploy", true, true},
	{"moduleExtensionConfigs", "Enable defining extension configs for modules", true, true},
	{"userDefinedConstraints", "Enable @validate() decorator", true, true},
	{"deployCommands", "Enable deploy commands", true, true},
	{"runtimeValuesInTagsAndSku", "Enable runtime values in tags and SKU", true, true},
	{"azExtensionConfig", "Enable configuration for the built-in 'az' extension", true, true},
}

// Warned are the enabled experimental features that a build warns of.
func (m *Model) Warned() []string {
	var out []string
	for _, x := range experiments {
		if x.warns && m.feature(x.key) {
			out = append(out, x.name)
		}
	}
	return out
}

// Experimental are the enabled features that need the experimental language version;
// on says whether the template needs it, which a decorator can do by itself.
func (m *Model) Experimental() (features []string, on bool) {
	for _, x := range experiments {
		if x.engine && m.feature(x.key) {
			features = append(features, x.name)
		}
	}
	for _, r := range m.Resources {
		on = on || r.MayNotExist()
	}
	return features, on || len(features) > 0
}

// MayNotExist reports whether an existing resource is null where there is none.
func (r *Resource) MayNotExist() bool {
	return r.Existing && FindDecorator(r.Decl.Decorators, "nullIfNotFound") != nil
}

// SymbolicNameCodegen reports whether the configuration asks for symbolic names.
func (m *Model) SymbolicNameCodegen() bool { return m.feature("symbolicNameCodegen") }

// checkAsserts reports asserts without the feature that has them.
func (m *Model) checkAsserts() {
	if m.feature("assertions") {
		return
	}
	const text = "Using an assert declaration requires enabling EXPERIMENTAL feature \"Assertions\"."
	for _, s := range m.Declared(Assert) {
		m.errorf("BCP349", s.Decl.At(), text)
	}
	for _, r := range m.Resources {
		if v := r.Body.Value("asserts"); v != nil {
			m.errorf("BCP349", v.At(), text)
		}
	}
}

// TestFramework reports whether the configuration lets a file have tests.
func (m *Model) TestFramework() bool { return m.feature("testFramework") }
