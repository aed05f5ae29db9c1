package openapi

import (
	"fmt"

	"github.com/goccy/go-yaml/token"
)

// The YAML parser goes one call deeper with each nested value and each further member of a block, and copies the
// members that follow. What it is given is bounded before.

// maxSteps is how much work the members of blocks may be: their number squared, halved. One block may
// have 10,000 members.
const maxSteps = 10_000 * 10_001 / 2

// maxMarks is how many anchors, tags and '?' may follow each other: each is one value in another.
const maxMarks = 10

var errTooWide = fmt.Errorf("its objects or lists have too many members for YAML, more than 10000 in one of them: send it as JSON")

// bounds are the blocks that are open at a token.
type bounds struct {
	blocks []block
	flow   int
	marks  int
	steps  int
}

// block has members that begin in one column.
type block struct{ column, members int }

// within says whether the tokens are few and flat enough to be parsed.
func within(tokens token.Tokens) error {
	var b bounds
	for _, t := range tokens {
		b.add(t)
		if b.flow+len(b.blocks) > maxDepth || b.marks > maxMarks {
			return errTooLarge
		}
		if b.steps > maxSteps {
			return errTooWide
		}
	}
	return nil
}

func (b *bounds) add(t *token.Token) {
	marks := b.marks + 1
	b.marks = 0
	switch t.Type {
	case token.AnchorType, token.TagType, token.MappingKeyType, token.AliasType, token.MergeKeyType:
		b.marks = marks
	case token.SequenceStartType, token.MappingStartType:
		b.flow++
	case token.SequenceEndType, token.MappingEndType:
		b.flow = max(b.flow-1, 0)
	case token.SequenceEntryType:
		b.member(t.Position.Column)
	case token.MappingValueType:
		if key := t.Prev; key != nil {
			b.member(key.Position.Column)
		}
	case token.DocumentHeaderType:
		b.blocks = b.blocks[:0]
	case token.StringType:
		if t.Prev != nil && (t.Prev.Type == token.AnchorType || t.Prev.Type == token.AliasType) {
			b.marks = marks // its name
		}
	}
}

// member counts one more in the block at a column. In a flow what is long is parsed in one call.
func (b *bounds) member(column int) {
	if b.flow > 0 {
		return
	}
	n := len(b.blocks)
	for n > 0 && b.blocks[n-1].column > column {
		n--
	}
	b.blocks = b.blocks[:n]
	if n == 0 || b.blocks[n-1].column < column {
		b.blocks = append(b.blocks, block{column: column})
		n++
	}
	b.blocks[n-1].members++
	b.steps += b.blocks[n-1].members
}
