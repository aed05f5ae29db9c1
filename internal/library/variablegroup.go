package library

import (
	"context"
	"strconv"
	"time"

	"gatehouse/internal/identity"
	"gatehouse/internal/store"
)

// maxVariables bounds a group.
const maxVariables = 1000

// VariableGroup is a named set of variables.
type VariableGroup struct {
	ID          int64               `json:"id"`
	Name        string              `json:"name"`
	Description string              `json:"description,omitempty"`
	Variables   map[string]Variable `json:"variables"`
	CreatedBy   string              `json:"createdBy"`
	Created     time.Time           `json:"created"`
	ModifiedBy  string              `json:"modifiedBy"`
	Modified    time.Time           `json:"modified"`
}

// Variable is one variable of a group.
type Variable struct {
	Value    string `json:"value"`
	Secret   bool   `json:"isSecret,omitempty"`
	ReadOnly bool   `json:"isReadOnly,omitempty"`
}

// hidden is the group as people may read it: without secret values.
func (g VariableGroup) hidden() *VariableGroup {
	out := g
	out.Variables = map[string]Variable{}
	for k, v := range g.Variables {
		if v.Secret {
			v.Value = ""
		}
		out.Variables[k] = v
	}
	return &out
}

// NewVariable is a variable as it is written: a nil Value of a secret keeps the old one.
type NewVariable struct {
	Value    *string
	Secret   bool
	ReadOnly bool
}

// PutVariableGroup creates a group (id 0) or replaces the one with that id.
func (s *Service) PutVariableGroup(ctx context.Context, c identity.Caller, id int64, name, description string, variables map[string]NewVariable) (*VariableGroup, error) {
	if err := checkName(Groups, name); err != nil {
		return nil, err
	}
	if len(variables) == 0 || len(variables) > maxVariables {
		return nil, fail(Invalid, Groups, "A variable group has 1 to %d variables.", maxVariables)
	}
	if err := s.allow(ctx, c, "variableGroups/write", name); err != nil {
		return nil, err
	}
	var existing VariableGroup
	revision, err := s.get(ctx, key(Groups, name), &existing)
	if err != nil {
		return nil, err
	}
	if revision != 0 && existing.ID != id {
		return nil, fail(Conflict, Groups, "A variable group named '%s' already exists.", existing.Name)
	}
	now := s.now().UTC()
	g := VariableGroup{ID: id, Name: name, Description: description, CreatedBy: c.ObjectID, Created: now, ModifiedBy: c.ObjectID, Modified: now}
	old := &VariableGroup{}
	if id != 0 {
		if old, err = s.findGroup(ctx, strconv.FormatInt(id, 10)); err != nil {
			return nil, err
		}
		g.CreatedBy, g.Created = old.CreatedBy, old.Created
	} else if g.ID, err = s.next(ctx, "group"); err != nil {
		return nil, err
	}
	g.Variables = merge(variables, old.Variables)
	var renamed []store.Op
	if id != 0 && key(Groups, old.Name) != key(Groups, name) {
		renamed = []store.Op{store.Delete(key(Groups, old.Name))}
	}
	return g.hidden(), s.put(ctx, key(Groups, name), revision, g, renamed...)
}

// merge gives the new variables; secrets without a value keep the old one.
func merge(variables map[string]NewVariable, old map[string]Variable) map[string]Variable {
	out := map[string]Variable{}
	for k, v := range variables {
		value := Variable{Secret: v.Secret, ReadOnly: v.ReadOnly}
		if v.Value != nil {
			value.Value = *v.Value
		} else if v.Secret {
			value.Value = old[k].Value
		}
		out[k] = value
	}
	return out
}

func (s *Service) findGroup(ctx context.Context, nameOrID string) (*VariableGroup, error) {
	all, err := list[VariableGroup](ctx, s, prefix(Groups))
	if err != nil {
		return nil, err
	}
	for i := range all {
		if same(all[i].Name, nameOrID) || strconv.FormatInt(all[i].ID, 10) == nameOrID {
			return &all[i], nil
		}
	}
	return nil, fail(NotFound, Groups, "There is no variable group '%s' in the library.", nameOrID)
}

// ListVariableGroups lists all groups, without secret values.
func (s *Service) ListVariableGroups(ctx context.Context, c identity.Caller) ([]VariableGroup, error) {
	if err := s.allow(ctx, c, "variableGroups/read", ""); err != nil {
		return nil, err
	}
	all, err := list[VariableGroup](ctx, s, prefix(Groups))
	for i := range all {
		all[i] = *all[i].hidden()
	}
	return all, err
}

// VariableGroup finds a group by name or id, without secret values.
func (s *Service) VariableGroup(ctx context.Context, c identity.Caller, nameOrID string) (*VariableGroup, error) {
	if err := s.allow(ctx, c, "variableGroups/read", nameOrID); err != nil {
		return nil, err
	}
	g, err := s.findGroup(ctx, nameOrID)
	if err != nil {
		return nil, err
	}
	return g.hidden(), nil
}

// GroupForRun gives a run a group with its secret values.
func (s *Service) GroupForRun(ctx context.Context, c identity.Caller, run int64, nameOrID string) (*VariableGroup, error) {
	g, err := s.findGroup(ctx, nameOrID)
	if err != nil {
		return nil, err
	}
	if err := s.permitted(ctx, c, run, Groups, strconv.FormatInt(g.ID, 10), g.Name); err != nil {
		return nil, err
	}
	return g, nil
}

// DeleteVariableGroup removes a group with its permissions.
func (s *Service) DeleteVariableGroup(ctx context.Context, c identity.Caller, nameOrID string) error {
	if err := s.allow(ctx, c, "variableGroups/delete", nameOrID); err != nil {
		return err
	}
	g, err := s.findGroup(ctx, nameOrID)
	if err != nil {
		return err
	}
	_, err = s.st.Txn(ctx, nil, []store.Op{store.Delete(key(Groups, g.Name)), store.Delete(permissionKey(Groups, strconv.FormatInt(g.ID, 10)))})
	return err
}
