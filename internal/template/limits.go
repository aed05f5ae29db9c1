package template

// The service's limits of a template. https://learn.microsoft.com/azure/azure-resource-manager/templates/best-practices#template-limits
const (
	maxParameters = 256
	maxVariables  = 512
	maxOutputs    = 64
	maxAsserts    = 32
	maxExpression = 24576   // characters
	maxResource   = 1 << 20 // bytes of a resource's definition
	maxExpanded   = 4 << 20 // bytes of all of them, copies included
)

func (t *Template) checkCounts() error {
	for _, l := range []struct {
		name string
		most int
	}{{"parameters", maxParameters}, {"variables", maxVariables}, {"outputs", maxOutputs}, {"asserts", maxAsserts}} {
		o, err := t.section(l.name)
		if err != nil {
			return err
		}
		if o.Len() > l.most {
			return t.validation(t.raw.offset(t.raw.find(l.name)), "The number of template %s limit exceeded. Limit: '%d' and actual: '%d'. Please see https://aka.ms/arm-template-limits for usage details.", l.name, l.most, o.Len())
		}
	}
	return nil
}
