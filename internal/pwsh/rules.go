package pwsh

import (
	"fmt"
	"strings"
)

// keywords begin statements of the language (about_Language_Keywords).
var keywords = set("begin break catch class clean continue data do dynamicparam else elseif end enum exit filter finally for foreach from function if in param process return switch throw trap try until using var while workflow parallel sequence inlinescript configuration")

// aliases of cmdlets that PowerShell has on every platform (Get-Alias on Linux).
var aliases = set("? % h r cd chdir clc clhy cli clp clv cnsn cvpa dbp ebp echo epal epcsv etsn exsn fc fhx fl foreach ft fw gal gbp gc gci gcm gcs gdr gerr ghy gi gin gjb gl gm gmo gp gps gpv group gsn gtz gu gv icm iex ihy ii ipal ipcsv ipmo irm iwr kill measure md mi mkdir move mp nal ndr ni nmo nsn nv ogv oh popd pushd pwd rbp rcjb rcsn rd rdr ri rjb rmo rni rnp rp rsn rv rvpa sajb sal sbp set shcm si sl sls sort sp spjb spps start stop sv tee type where wjb clear cls copy del dir erase get-verb history")

func set(words string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields(words) {
		out[w] = true
	}
	return out
}

// verbs begin the names of cmdlets (Get-Verb); a native program such as apt-get does not.
var verbs = set("add approve assert backup block build checkpoint clear close compare complete compress confirm connect convert convertfrom convertto copy debug deny deploy disable disconnect dismount edit enable enter exit expand export find foreach format get grant group hide import initialize install invoke join limit lock measure merge mount move new open optimize out ping pop protect publish push read receive redo register remove rename repair request reset resize resolve restart restore resume revoke save search select send set show skip sort split start step stop submit suspend switch sync tee test trace unblock undo uninstall unlock unprotect unpublish unregister update use wait watch where write")

// checkName refuses command names that are not native commands.
func (p *parser) checkName(w Word, call bool) bool {
	name, constant := w.Text()
	lower := strings.ToLower(name)
	switch {
	case !constant || name == "":
		return p.unsupported(w.Offset, "A command whose name is not a plain text")
	case lower == "write-host":
		return true
	case w.bare && keywords[lower]:
		return p.unsupported(w.Offset, fmt.Sprintf("The keyword '%s'", name))
	case !call && (lower == "." || name[0] >= '0' && name[0] <= '9' && strings.Trim(name, "0123456789.") == ""):
		return p.unsupported(w.Offset, fmt.Sprintf("'%s' as a command", name))
	case aliases[lower]:
		return p.unsupported(w.Offset, fmt.Sprintf("'%s', which is a cmdlet in PowerShell,", name))
	}
	if verb, noun, ok := strings.Cut(lower, "-"); ok && noun != "" && verbs[verb] && !strings.ContainsAny(noun, "./\\") {
		return p.unsupported(w.Offset, fmt.Sprintf("The cmdlet '%s'", name))
	}
	return true
}

// checkArguments refuses what only a whole command shows.
func (p *parser) checkArguments(c Command) bool {
	if name, _ := c.Words[0].Text(); strings.EqualFold(name, "write-host") {
		return p.checkWriteHost(c)
	}
	if len(c.Words) > 1 && c.Words[1].bare {
		if t, ok := c.Words[1].Text(); ok && (t == "=" || t == "+=") {
			return p.unsupported(c.Words[0].Offset, "An assignment")
		}
	}
	return true
}

// checkWriteHost allows texts only: parameters such as -ForegroundColor change how they look.
func (p *parser) checkWriteHost(c Command) bool {
	for _, w := range c.Words[1:] {
		if t, _ := w.Text(); w.bare && strings.HasPrefix(t, "-") && len(t) > 1 {
			return p.unsupported(w.Offset, fmt.Sprintf("The parameter '%s' of Write-Host", t))
		}
	}
	return true
}

// checkQuoted refuses a statement that begins with a text: PowerShell reads an expression there.
func (p *parser) checkQuoted(w Word, first bool) bool {
	if !first || strings.HasSuffix(strings.TrimRight(p.text[:w.Offset], " \t"), "&") {
		return true
	}
	return p.unsupported(w.Offset, "A statement that begins with a text in quotes")
}

// checkStart refuses what has a meaning at the beginning of a bare word.
func (p *parser) checkStart(first bool) bool {
	switch {
	case p.at("@'") || p.at(`@"`):
		return p.unsupported(p.i, "A here-string")
	case p.at("@"):
		return p.refuse(p.i, "An argument that begins with '@' is splatting in PowerShell.", "Put it in quotes: '@file'.")
	case p.at("--%"):
		return p.unsupported(p.i, "The stop-parsing token --%")
	case p.at("~") && !first:
		return p.refuse(p.i, "PowerShell replaces '~' at the beginning of an argument.", "Put the argument in quotes, or write the folder in full.")
	case p.at("–"), p.at("—"), p.at("―"):
		return p.refuse(p.i, "This dash is not a hyphen.", "Type '-' instead; word processors change it.")
	case first && (p.at("[") || p.at("-") || p.at("!") || p.at("+")):
		return p.unsupported(p.i, "A statement that is an expression")
	}
	return true
}

var bareSpecial = map[rune]string{'(': "An expression in parentheses", ')': "A closing parenthesis here", '{': "A script block", '}': "A closing brace here",
	'|': "A pipeline", '<': "A redirection", '>': "A redirection", '&': "Running a command in the background"}

// checkBare refuses characters that mean something in a bare word.
func (p *parser) checkBare(r rune, w Word) bool {
	if what, ok := bareSpecial[r]; ok {
		return p.unsupported(p.i, what)
	}
	switch {
	case r == ',':
		return p.refuse(p.i, "A comma outside of quotes makes an array in PowerShell.", "Put the argument in quotes.")
	case strings.ContainsRune("*?[", r):
		return p.refuse(p.i, fmt.Sprintf("PowerShell expands '%c' outside of quotes to file names.", r), "Put the argument in quotes.")
	case r == '.' && dashParameter(w):
		return p.refuse(p.i, "PowerShell's versions differ in how they split an argument such as -name.value.", "Put the argument in quotes.")
	case r == 0:
		return p.refuse(p.i, "The script has a NUL character.", "")
	}
	return true
}

// dashParameter reports whether w is, so far, a parameter such as -name (not --name).
func dashParameter(w Word) bool {
	t, ok := w.Text()
	return ok && len(t) > 1 && t[0] == '-' && t[1] != '-' && (t[1] < '0' || t[1] > '9')
}
