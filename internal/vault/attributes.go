package vault

import "time"

// Attributes are what every object version carries. Times are seconds since
// 1970, as Key Vault counts them; nil means none.
type Attributes struct {
	Enabled    bool   `json:"enabled"`
	NotBefore  *int64 `json:"nbf,omitempty"`
	Expires    *int64 `json:"exp,omitempty"`
	Created    int64  `json:"created"`
	Updated    int64  `json:"updated"`
	Exportable bool   `json:"exportable,omitempty"` // of keys: may be released, by a policy
}

// AttributesPatch is what a caller sets; nil fields are left as they are.
type AttributesPatch struct {
	Enabled    *bool  `json:"enabled,omitempty"`
	NotBefore  *int64 `json:"nbf,omitempty"`
	Expires    *int64 `json:"exp,omitempty"`
	Exportable *bool  `json:"exportable,omitempty"`
}

// newAttributes are those of a version made now.
func newAttributes(now time.Time, p *AttributesPatch) (Attributes, error) {
	a := Attributes{Enabled: true, Created: now.Unix(), Updated: now.Unix()}
	return a, a.apply(now, p)
}

func (a *Attributes) apply(now time.Time, p *AttributesPatch) error {
	a.Updated = now.Unix()
	if p == nil {
		return nil
	}
	if p.Enabled != nil {
		a.Enabled = *p.Enabled
	}
	if p.NotBefore != nil {
		a.NotBefore = p.NotBefore
	}
	if p.Expires != nil {
		a.Expires = p.Expires
	}
	if a.NotBefore != nil && a.Expires != nil && *a.NotBefore >= *a.Expires {
		return badParameter("attributes.nbf (%d) must be before attributes.exp (%d).", *a.NotBefore, *a.Expires)
	}
	return nil
}

// Recovery is how long the vault keeps what is deleted, as attributes show it.
type Recovery struct {
	Level string // e.g. CustomizedRecoverable+Purgeable
	Days  int
}

// recovery follows https://learn.microsoft.com/rest/api/keyvault, DeletionRecoveryLevel.
func (c *Config) recovery() Recovery {
	days := c.SoftDeleteDays
	if days == 0 {
		days = 90
	}
	level := "Recoverable"
	if days < 90 {
		level = "CustomizedRecoverable"
	}
	if !c.PurgeProtection {
		level += "+Purgeable"
	}
	return Recovery{Level: level, Days: days}
}

// Deletion says when a deleted object was deleted, and when it goes for good.
type Deletion struct {
	Date  int64 `json:"date"`
	Purge int64 `json:"purge"`
}

// Tags are the caller's own metadata.
type Tags map[string]string
