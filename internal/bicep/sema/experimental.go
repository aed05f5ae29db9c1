package sema

// experiments are the experimental features that need the experimental language version of templates: by
// their names in bicepconfig.json, and how a template calls them.
var experiments = []struct{ key, name string }{
	{"resourceInfoCodegen", "Resource info code generation"},
	{"assertions", "Asserts"},
	{"waitUntil", "Enable waitUntil feature on resource bicep types"},
	{"localDeploy", "Enable local deploy"},
	{"moduleExtensionConfigs", "Enable defining extension configs for modules"},
	{"userDefinedConstraints", "Enable @validate() decorator"},
	{"deployCommands", "Enable deploy commands"},
	{"runtimeValuesInTagsAndSku", "Enable runtime values in tags and SKU"},
	{"azExtensionConfig", "Enable configuration for the built-in 'az' extension"},
}

// Experimental are the enabled features that need the experimental language version;
// on says whether the template needs it, which a decorator can do by itself.
func (m *Model) Experimental() (features []string, on bool) {
	for _, x := range experiments {
		if m.feature(x.key) {
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
