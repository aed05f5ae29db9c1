package policy

import "gatehouse/internal/diag"

type phase uint8

type Document struct{ refs []Reference }

func (d *Document) References() []Reference { return d.refs }

type Program struct{}

func Compile(src string, o Options) (*Document, diag.List) { return &Document{}, nil }
func Link(outerToInner ...*Document) *Program              { return &Program{} }
func (p *Program) Run(ex *Exchange)                        {}
