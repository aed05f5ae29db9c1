package pipeline

// Codes of what this package reports; syntax has GHP001 and GHP002, pwsh GHW001.
const (
	CodeKey         = "GHP010" // unknown key
	CodeShape       = "GHP011" // a value of the wrong shape
	CodeMissing     = "GHP012" // a key, or value, that must be there
	CodeUnsupported = "GHP013" // known in Azure Pipelines, refused here
	CodeName        = "GHP014" // a name that is invalid, used twice or unknown
	CodeTask        = "GHP020" // unknown task
	CodeInput       = "GHP021" // unknown or missing input
	CodeInputValue  = "GHP022" // an input's value
	CodeExpression  = "GHP030" // an expression
	CodeDirective   = "GHP031" // ${{ if }} and its like
	CodeParameter   = "GHP032" // a parameter's value
	CodeTemplate    = "GHP033" // a template file
	CodeResource    = "GHP040" // a name that must be known before the run
)
