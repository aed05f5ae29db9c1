package syntax

import "fmt"

// message is a diagnostic code and its text, as the official compiler has them.
type message struct{ code, text string }

func (m message) with(args ...any) message {
	return message{m.code, fmt.Sprintf(m.text, args...)}
}

// The messages of lexer and parser; sema has its own table.
var (
	msgUnrecognizedToken      = message{"BCP001", "The following token is not recognized: \"%s\"."}
	msgUnterminatedComment    = message{"BCP002", "The multi-line comment at this location is not terminated. Terminate it with the */ character sequence."}
	msgUnterminatedString     = message{"BCP003", "The string at this location is not terminated. Terminate the string with a single quote character."}
	msgStringNewLine          = message{"BCP004", "The string at this location is not terminated due to an unexpected new line character."}
	msgEscapeAtEOF            = message{"BCP005", "The string at this location is not terminated. Complete the escape sequence and terminate the string with a single unescaped quote character."}
	msgBadEscape              = message{"BCP006", `The specified escape sequence is not recognized. Only the following escape sequences are allowed: "\$", "\'", "\\", "\n", "\r", "\t", "\u{...}".`}
	msgUnrecognizedDecl       = message{"BCP007", "This declaration type is not recognized. Specify a metadata, parameter, variable, resource, or output declaration."}
	msgExpectedParamCont      = message{"BCP008", "Expected the \"=\" token, or a newline at this location."}
	msgUnrecognizedExpr       = message{"BCP009", "Expected a literal value, an array, an object, a parenthesized expression, or a function call at this location."}
	msgInvalidInteger         = message{"BCP010", "Expected a valid 64-bit signed integer."}
	msgExpectedKeyword        = message{"BCP012", "Expected the \"%s\" keyword at this location."}
	msgExpectedParamName      = message{"BCP013", "Expected a parameter identifier at this location."}
	msgExpectedVarName        = message{"BCP015", "Expected a variable identifier at this location."}
	msgExpectedOutputName     = message{"BCP016", "Expected an output identifier at this location."}
	msgExpectedResourceName   = message{"BCP017", "Expected a resource identifier at this location."}
	msgExpectedChar           = message{"BCP018", "Expected the \"%s\" character at this location."}
	msgExpectedNewLine        = message{"BCP019", "Expected a new line character at this location."}
	msgExpectedFuncOrProp     = message{"BCP020", "Expected a function or property name at this location."}
	msgExpectedPropName       = message{"BCP022", "Expected a property name at this location."}
	msgIdentifierTooLong      = message{"BCP024", "The identifier exceeds the limit of 255. Reduce the length of the identifier."}
	msgConstantRequired       = message{"BCP032", "The value must be a compile-time constant."}
	msgTokensInHole           = message{"BCP064", "Found unexpected tokens in interpolated expression."}
	msgExpectedResourceType   = message{"BCP068", "Expected a resource type string. Specify a valid resource type of format \"<type-name>@<apiVersion>\"."}
	msgComplexLiteral         = message{"BCP087", "Array and object literals are not allowed here."}
	msgExpectedModuleName     = message{"BCP096", "Expected a module identifier at this location."}
	msgExpectedModulePath     = message{"BCP097", "Expected a module path string. This should be a relative path to another bicep file, e.g. 'myModule.bicep' or '../parent/myModule.bicep'"}
	msgDoubleQuote            = message{"BCP103", "The following token is not recognized: \"%s\". Strings are defined using single quotes in bicep."}
	msgEmptyIndexer           = message{"BCP117", "An empty indexer is not allowed. Specify a valid expression."}
	msgExpectedBodyOrLoop     = message{"BCP118", "Expected the \"{\" character, the \"[\" character, or the \"if\" keyword at this location."}
	msgExpectedNamespaceDec   = message{"BCP123", "Expected a namespace or decorator name at this location."}
	msgUnicodeEscape          = message{"BCP133", "The unicode escape sequence is not valid. Valid unicode escape sequences range from \\u{0} to \\u{10FFFF}."}
	msgExpectedLoopItem       = message{"BCP136", "Expected a loop item variable identifier at this location."}
	msgMultilineUnterminated  = message{"BCP140", "The multi-line string at this location is not terminated. Terminate it with \"'''\"."}
	msgExpectedLoopVar        = message{"BCP162", "Expected a loop item variable identifier or \"(\" at this location."}
	msgExpectedBodyOrIf       = message{"BCP167", "Expected the \"{\" character or the \"if\" keyword at this location."}
	msgExpectedExtension      = message{"BCP201", "Expected an extension specification string. This should either be a relative path, or a valid OCI artifact specification."}
	msgExpectedAliasName      = message{"BCP202", "Expected an extension alias name at this location."}
	msgNoDirectiveCodes       = message{"BCP226", "Expected at least one diagnostic code at this location. Valid format is \"#disable-next-line diagnosticCode1 diagnosticCode2 ...\""}
	msgExpectedSeparator      = message{"BCP236", "Expected a new line or comma character at this location."}
	msgExpectedComma          = message{"BCP237", "Expected a comma character at this location."}
	msgLineAfterComma         = message{"BCP238", "Unexpected new line character after a comma."}
	msgOneInParens            = message{"BCP243", "Parentheses must contain exactly one expression."}
	msgTwoLoopVariables       = message{"BCP249", "Expected loop variable block to consist of exactly 2 elements (item variable and index variable), but found %d."}
	msgUsingPath              = message{"BCP257", "Expected a Bicep file path string. This should be a relative path to another bicep file, e.g. 'myModule.bicep' or '../parent/myModule.bicep'"}
	msgExpectedMetadataName   = message{"BCP266", "Expected a metadata identifier at this location."}
	msgExpectedTypeExpr       = message{"BCP279", "Expected a type at this location. Please specify a valid type expression or one of the following types: \"any\", \"array\", \"bool\", \"int\", \"object\", \"string\"."}
	msgNotLiteral             = message{"BCP285", "The type expression could not be reduced to a literal value."}
	msgConstantName           = message{"BCP296", "Property names on types must be compile-time constant values."}
	msgExpectedTypeLiteral    = message{"BCP300", "Expected a type literal at this location. Please specify a concrete value or a reference to a literal type."}
	msgExpectedWithOrAs       = message{"BCP305", "Expected the \"with\" keyword, \"as\" keyword, or a new line character at this location."}
	msgManyAdditional         = message{"BCP315", "An object type may have at most one additional properties declaration."}
	msgExpectedTypeProp       = message{"BCP317", "Expected an identifier, a string, or an asterisk at this location."}
	msgSafeMethod             = message{"BCP322", "The `.?` (safe dereference) operator may not be used on instance function invocations."}
	msgExpectedTypeIdent      = message{"BCP325", "Expected a type identifier at this location."}
	msgUnrecognizedParamsDecl = message{"BCP337", "This declaration type is not valid for a Bicep Parameters file. Supported declarations: \"using\", \"extends\", \"param\", \"var\", \"type\"."}
	msgExpectedAssertName     = message{"BCP344", "Expected an assert identifier at this location."}
	msgExpectedTestName       = message{"BCP346", "Expected a test identifier at this location."}
	msgExpectedTestPath       = message{"BCP347", "Expected a test path string at this location."}
	msgExpectedImportList     = message{"BCP354", "Expected left brace ('{') or asterisk ('*') character at this location."}
	msgExpectedExport         = message{"BCP355", "Expected the name of an exported symbol at this location."}
	msgExpectedNamespace      = message{"BCP356", "Expected a valid namespace identifier at this location."}
	msgExpectedAlias          = message{"BCP375", "An import list item that identifies its target with a quoted string must include an 'as <alias>' clause."}
	msgExtendsPath            = message{"BCP404", "The \"extends\" declaration is missing a bicepparam file path reference"}
	msgExpectedWith           = message{"BCP436", "Expected the \"with\" keyword or a new line character at this location."}

	// These have no number in the official compiler.
	msgTooDeep     = message{"BCP001", "The expression at this location is nested more than %d levels deep. Move an inner part to a variable."}
	msgInvalidUTF8 = message{"BCP001", "The file is not valid UTF-8 at this location. Save it as UTF-8."}
)
