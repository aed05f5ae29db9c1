package sema

// checkLimits reports what a template can't hold.
func (m *Model) checkLimits() {
	if m.IsParams() {
		return
	}
}
