package sema

import (
	"path/filepath"

	"gatehouse/internal/bicep/config"
)

// settings are those of the bicepconfig.json that applies to the file. One that can't
// be read, which is reported when files are linted, is as good as none.
func (m *Model) settings() *config.Config {
	w, dir := m.workspace, filepath.Dir(m.Path)
	c, known := w.configs[dir]
	if known {
		return c
	}
	c, err := config.Find(m.Path, w.Read)
	if err != nil {
		c = &config.Config{}
	}
	if w.configs == nil {
		w.configs = map[string]*config.Config{}
	}
	w.configs[dir] = c
	return c
}

// feature reports whether an experimental feature is switched on.
func (m *Model) feature(name string) bool {
	return m.settings().Bool(false, "experimentalFeaturesEnabled", name)
}

// ModuleExtensionConfigs reports whether modules and parameters files may configure
// extensions, which also changes how these are written.
func (m *Model) ModuleExtensionConfigs() bool { return m.feature("moduleExtensionConfigs") }

// switchedOff reports whether the experimental features hide a function.
func (m *Model) switchedOff(name string, f Function) bool {
	switch {
	case m.IsParams() && f.Flags&AzOnly != 0 && name != "getSecret":
		return true // there is no deployment yet
	case f.Flags&DeployCommands != 0:
		return !m.feature("deployCommands")
	case name == "readEnvironmentVariable":
		return m.feature("deployCommands") // readEnvVar, which deployment calls, stands for it
	}
	return false
}

// settingsName is how messages name the configuration.
func (m *Model) settingsName() string {
	if path := m.settings().Path; path != "" {
		return "Bicep configuration \"" + filepath.ToSlash(path) + "\""
	}
	return "built-in Bicep configuration"
}
