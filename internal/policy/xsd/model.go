package xsd

import (
	"slices"
)

// A content model is a program in the manner of Thompson's: threads go through it side by side, one for most models since
// these are deterministic (determinism.go). Counts are kept in counters, so that a program is as long as what was written,
// whatever maxOccurs is.

type op uint8

const (
	opTerm  op = iota // a child that p accepts
	opSplit           // go on at x and at y
	opJump            // go on at x
	opZero            // counter := 0
	opLoop            // counter++; again at x while it may, on when it must not
	opEnd
)

type instruction struct {
	op       op
	x, y     int
	p        *particle // opTerm, opLoop
	counter  int
	nullable bool // opLoop: of a body that matches nothing
}

// program is a compiled content model. One of xs:all is a list instead.
type program struct {
	code     []instruction
	counters int
	all      []*particle
	optional bool // the list may be left out
	large    bool
}

// compileModel makes the program of a particle; nil is empty content.
func compileModel(p *particle) *program {
	m := &program{}
	if p != nil && p.group != nil && p.group.kind == all {
		m.all, m.optional = p.group.list, p.min == 0
		if m.all == nil {
			m.all = []*particle{}
		}
		return m
	}
	if p != nil {
		m.repeat(p, 0)
	}
	m.emit(instruction{op: opEnd})
	return m
}

func (m *program) emit(i instruction) int {
	m.large = m.large || len(m.code) > maxSteps
	m.code = append(m.code, i)
	return len(m.code) - 1
}

// repeat writes a particle with its occurrences.
func (m *program) repeat(p *particle, depth int) {
	if m.large = m.large || depth > maxDepth; m.large {
		return
	}
	switch {
	case p.max == 0:
	case p.min == 1 && p.max == 1:
		m.term(p, depth)
	case p.min == 0 && p.max == 1:
		split := m.emit(instruction{op: opSplit})
		m.term(p, depth)
		m.code[split].x, m.code[split].y = split+1, len(m.code)
	case p.min <= 1 && p.max == unbounded:
		split := -1
		if p.min == 0 {
			split = m.emit(instruction{op: opSplit})
		}
		body := len(m.code)
		m.term(p, depth)
		again := m.emit(instruction{op: opSplit, x: body})
		m.code[again].y = again + 1
		if split >= 0 {
			m.code[split].x, m.code[split].y = body, again+1
		}
	default:
		m.counted(p, depth)
	}
}

func (m *program) counted(p *particle, depth int) {
	counter := m.counters
	m.counters++
	split := -1
	nullable := p.group != nil && (&particle{min: 1, max: 1, group: p.group}).emptiable()
	if p.min == 0 || nullable {
		split = m.emit(instruction{op: opSplit})
	}
	m.emit(instruction{op: opZero, counter: counter})
	body := len(m.code)
	m.term(p, depth)
	loop := m.emit(instruction{op: opLoop, x: body, p: p, counter: counter, nullable: nullable})
	m.code[loop].y = loop + 1
	if split >= 0 {
		m.code[split].x, m.code[split].y = split+1, loop+1
	}
}

func (m *program) term(p *particle, depth int) {
	switch {
	case p.group == nil:
		m.emit(instruction{op: opTerm, p: p})
	case p.group.kind == sequence:
		for _, c := range p.group.list {
			m.repeat(c, depth+1)
		}
	default:
		m.choice(p.group.list, depth)
	}
}

func (m *program) choice(list []*particle, depth int) {
	if len(list) == 0 { // nothing can match
		at := m.emit(instruction{op: opJump})
		m.code[at].x = at
		return
	}
	var ends []int
	for i, c := range list {
		split := -1
		if i < len(list)-1 {
			split = m.emit(instruction{op: opSplit})
		}
		m.repeat(c, depth+1)
		if split >= 0 {
			ends = append(ends, m.emit(instruction{op: opJump}))
			m.code[split].x, m.code[split].y = split+1, len(m.code)
		}
	}
	for _, e := range ends {
		m.code[e].x = len(m.code)
	}
}

// maxThreads bounds the ways that content can be counted in.
const maxThreads = 1000

// thread is a place in the program and the counters there.
type thread struct {
	at     int
	counts []int
}

// matcher is how far an element's children have come.
type matcher struct {
	m       *program
	threads []thread // all at opTerm or opEnd
	seen    []bool   // of xs:all
	any     bool     // some child was matched
	steps   int
}

func (m *program) start() *matcher {
	w := &matcher{m: m}
	if m.all != nil {
		w.seen = make([]bool, len(m.all))
		return w
	}
	w.follow(thread{0, make([]int, m.counters)}, nil)
	return w
}

// follow goes on to the next terms. loops are the loops passed since the last child.
func (w *matcher) follow(t thread, loops []int) {
	for {
		if w.steps++; len(w.threads) >= maxThreads {
			return
		}
		i := w.m.code[t.at]
		switch i.op {
		case opTerm, opEnd:
			if !slices.ContainsFunc(w.threads, func(o thread) bool { return o.at == t.at && slices.Equal(o.counts, t.counts) }) {
				w.threads = append(w.threads, t)
			}
			return
		case opJump:
			if i.x == t.at {
				return
			}
			t.at = i.x
		case opSplit:
			if i.x < t.at { // back to a body: once between two children
				if slices.Contains(loops, t.at) {
					t.at = i.y
					continue
				}
				loops = append(loops[:len(loops):len(loops)], t.at)
			}
			w.follow(thread{i.x, t.counts}, loops)
			t.at = i.y
		case opZero:
			t.counts = slices.Clone(t.counts)
			t.counts[i.counter] = 0
			t.at++
		case opLoop:
			if slices.Contains(loops, t.at) {
				return
			}
			t.counts = slices.Clone(t.counts)
			n := t.counts[i.counter] + 1
			if i.p.max == unbounded {
				n = min(n, i.p.min)
			}
			t.counts[i.counter] = n
			if i.p.max == unbounded || n < i.p.max {
				w.follow(thread{i.x, t.counts}, append(loops[:len(loops):len(loops)], t.at))
			}
			if n < i.p.min && !i.nullable {
				return
			}
			t.counts = slices.Clone(t.counts)
			t.counts[i.counter] = 0
			t.at = i.y
		}
	}
}

// next takes a child; p is nil when none is allowed with that name.
func (w *matcher) next(name Name) (p *particle, e *element) {
	if w.seen != nil {
		return w.nextOfAll(name)
	}
	before := w.threads
	w.threads = nil
	for _, elements := range []bool{true, false} { // elements before wildcards
		for _, t := range before {
			x := w.m.code[t.at].p
			if w.m.code[t.at].op != opTerm || (x.elem != nil) != elements {
				continue
			}
			found, ok := x.accepts(name)
			if !ok || p != nil && p != x {
				continue
			}
			p, e = x, found
			w.follow(thread{t.at + 1, t.counts}, nil)
		}
	}
	if p == nil {
		w.threads = before
	}
	return p, e
}

// accepts reports whether a child's name fits an element or wildcard; e is its declaration, nil for a wildcard.
func (p *particle) accepts(name Name) (e *element, ok bool) {
	if p.any != nil {
		return nil, p.any.allows(name.Space)
	}
	e = p.elem.accepts(name)
	return e, e != nil
}

func (w *matcher) nextOfAll(name Name) (*particle, *element) {
	for i, p := range w.m.all {
		if w.seen[i] {
			continue
		}
		if e, ok := p.accepts(name); ok {
			w.seen[i], w.any = true, true
			return p, e
		}
	}
	return nil, nil
}

// complete reports whether the content may end here.
func (w *matcher) complete() bool {
	if w.seen == nil {
		return slices.ContainsFunc(w.threads, func(t thread) bool { return w.m.code[t.at].op == opEnd })
	}
	if w.m.optional && !w.any {
		return true
	}
	for i, p := range w.m.all {
		if !w.seen[i] && p.min > 0 {
			return false
		}
	}
	return true
}

// expected are the terms that may stand here.
func (w *matcher) expected() (list []*particle) {
	for i, p := range w.m.all {
		if !w.seen[i] {
			list = append(list, p)
		}
	}
	for _, t := range w.threads {
		if p := w.m.code[t.at].p; p != nil && !slices.Contains(list, p) {
			list = append(list, p)
		}
	}
	return list
}
