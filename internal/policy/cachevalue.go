package policy

import (
	"time"

	"gatehouse/internal/counter"
)

func (ex *Exchange) cache() (counter.Cache, error) {
	if ex.Env == nil || ex.Env.Cache == nil {
		return nil, missing("cache")
	}
	return ex.Env.Cache, nil
}

// cacheLookupValue compiles <cache-lookup-value>: sets a variable to the kept value, else to
// default-value, else not at all.
func (c *compiler) cacheLookupValue(e *element) builder {
	c.noChildren(e)
	c.cachingType(e)
	key, otherwise := c.needText(e, "key"), c.any(e, "default-value")
	variable, _ := c.required(e, "variable-name")
	at := c.origin(e)
	return c.simple(e, func(ex *Exchange) error {
		cache, err := ex.cache()
		if err != nil {
			return err
		}
		k, err := key.get(ex)
		if err != nil {
			return err
		}
		text, ok, err := cache.Get(ex.context(), at.key(ex, "value", k))
		if err == nil && ok {
			if v, ok := decodeValue(text); ok {
				ex.SetVariable(variable, v)
				return nil
			}
		}
		if otherwise == nil {
			return nil
		}
		v, err := otherwise.get(ex)
		if err == nil {
			ex.SetVariable(variable, v)
		}
		return err
	})
}

// cacheStoreValue compiles <cache-store-value>.
func (c *compiler) cacheStoreValue(e *element) builder {
	c.noChildren(e)
	c.cachingType(e)
	c.need(e, "value")
	key, value, duration := c.needText(e, "key"), c.any(e, "value"), c.needNumber(e, "duration", 1, maxNumber)
	at := c.origin(e)
	return c.simple(e, func(ex *Exchange) error {
		cache, err := ex.cache()
		if err != nil {
			return err
		}
		k, errKey := key.get(ex)
		v, err := value.get(ex)
		var d time.Duration
		d, errDuration := duration.seconds(ex, 0)
		if err := firstError(errKey, err, errDuration); err != nil {
			return err
		}
		text, err := encodeValue(v)
		if err != nil {
			return err
		}
		_ = cache.Set(ex.context(), at.key(ex, "value", k), text, d) // a value that is not kept is no failure
		return nil
	})
}

// cacheRemoveValue compiles <cache-remove-value>.
func (c *compiler) cacheRemoveValue(e *element) builder {
	c.noChildren(e)
	c.cachingType(e)
	key := c.needText(e, "key")
	at := c.origin(e)
	return c.simple(e, func(ex *Exchange) error {
		cache, err := ex.cache()
		if err != nil {
			return err
		}
		k, err := key.get(ex)
		if err == nil {
			_ = cache.Delete(ex.context(), at.key(ex, "value", k)) // as above
		}
		return err
	})
}
