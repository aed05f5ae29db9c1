package vaultapi

import "gatehouse/internal/vault"

// contacts as written and as read.
type contacts struct {
	ID       string          `json:"id"`
	Contacts []vault.Contact `json:"contacts"`
}

func (q *request) contacts(list []vault.Contact) any {
	return &contacts{ID: q.base + "/certificates/contacts", Contacts: list}
}

func setContacts(q *request) (any, error) {
	var in contacts
	if err := q.read(&in); err != nil {
		return nil, err
	}
	c, err := q.service.SetContacts(q.Context(), q.caller, q.vault, in.Contacts)
	return answer(c, err, q.contacts)
}

func getContacts(q *request) (any, error) {
	c, err := q.service.GetContacts(q.Context(), q.caller, q.vault)
	return answer(c, err, q.contacts)
}

func deleteContacts(q *request) (any, error) {
	c, err := q.service.DeleteContacts(q.Context(), q.caller, q.vault)
	return answer(c, err, q.contacts)
}
