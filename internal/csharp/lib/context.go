package lib

import (
	"crypto/x509"
	"net/url"
	"strings"
	"time"

	"gatehouse/internal/csharp/host"
	"gatehouse/internal/csharp/types"
)

// contexts adds the type of the variable context and all that hangs on it, over the
// interfaces of package host.
// https://learn.microsoft.com/azure/api-management/api-management-policy-expressions#ContextVariables
func contexts(r *types.Registry) {
	r.Adapt = func(ref any) any { return adaptHost(r, ref) }
	contextRoot(r)
	messages(r)
	resources(r)
	people(r)
	contextExtensions(r)
	authorizations(r)
}

const apimSpace = "Microsoft.Azure.ApiManagement."

// hostType adds an interface whose objects are those Go type T.
func hostType[T any](r *types.Registry, name string) *types.Builder {
	t := types.New(types.KindInterface, apimSpace+name)
	t.Is = func(ref any) bool { _, ok := ref.(T); return ok }
	return r.Add(t)
}

// of makes a getter of a function over a host's object.
func of[T any](f func(o T) val) types.Func {
	return func(c call, a []val) val {
		o, ok := a[0].Ref().(T)
		if !ok {
			c.ThrowNullReference()
		}
		return f(o)
	}
}

// text makes a getter of a function that gives a string.
func text[T any](f func(o T) string) types.Func { return of(func(o T) val { return str(f(o)) }) }

// object makes a reference of a host's object, null of a nil one.
func object[T any](o T, isNil bool) val {
	if isNil {
		return types.Null
	}
	return types.Ref(o)
}

func contextRoot(r *types.Registry) {
	b := hostType[host.Context](r, "IProxyRequestContext")
	b.Get("IApi Api", of(func(c host.Context) val { o := c.API(); return object(o, o == nil) }))
	b.Get("IOperation Operation", of(func(c host.Context) val { o := c.Operation(); return object(o, o == nil) }))
	b.Get("IProduct Product", of(func(c host.Context) val { o := c.Product(); return object(o, o == nil) }))
	b.Get("ISubscription Subscription", of(func(c host.Context) val { o := c.Subscription(); return object(o, o == nil) }))
	b.Get("IUser User", of(func(c host.Context) val { o := c.User(); return object(o, o == nil) }))
	b.Get("IDeployment Deployment", of(func(c host.Context) val { o := c.Deployment(); return object(o, o == nil) }))
	b.Get("IRequest Request", of(func(c host.Context) val { o := c.Request(); return object(o, o == nil) }))
	b.Get("IResponse Response", of(func(c host.Context) val { o := c.Response(); return object(o, o == nil) }))
	b.Get("ILastError LastError", of(func(c host.Context) val { o := c.LastError(); return object(o, o == nil) }))
	b.Get("IReadOnlyDictionary<string, object> Variables", of(func(c host.Context) val { o := c.Variables(); return object(o, o == nil) }))
	b.Get("DateTime Timestamp", of(func(c host.Context) val { return Date(c.Timestamp()) }))
	b.Get("TimeSpan Elapsed", func(c call, a []val) val {
		return Span(c.Clock().Sub(a[0].Ref().(host.Context).Timestamp()))
	})
	hostType[workspace](r, "IWorkspace").Get("string Id", noText).Get("string Name", noText)
	b.Get("IWorkspace Workspace", noText)
	b.Get("bool Tracing", of(func(c host.Context) val { return types.Bool(c.Tracing()) }))
	b.Method("void Trace(string message)", func(_ call, a []val) val {
		a[0].Ref().(host.Context).Trace("", a[1].Str())
		return types.Null
	})
	if r.Named("System.Guid") != nil {
		b.Get("Guid RequestId", func(c call, a []val) val { return parsed(c, c.Site.Result, a[0].Ref().(host.Context).RequestID()) })
	}
}

// parsed calls the static Parse(string) of a type.
func parsed(c call, t *types.Type, s string) val {
	for _, m := range c.Types.Own(t, "Parse") {
		if len(m.Params) == 1 && m.Params[0].Type == types.String {
			return m.Call(types.Call{Run: c.Run, Site: &types.Site{Receiver: t, Result: t}}, []val{str(s)})
		}
	}
	c.Throw("System.InvalidOperationException", "The type "+t.Name+" can't be read from a message body.")
	return types.Null
}

func messages(r *types.Registry) {
	b := hostType[host.Request](r, "IRequest")
	b.Get("IMessageBody Body", of(func(q host.Request) val { o := q.Body(); return object(o, o == nil) }))
	b.Get("IReadOnlyDictionary<string, string[]> Headers", of(func(q host.Request) val { return types.Ref(q.Headers()) }))
	b.Get("string IpAddress", text(host.Request.IPAddress))
	b.Get("IReadOnlyDictionary<string, string> MatchedParameters", of(func(q host.Request) val {
		return types.Ref(singleFields(r, q.MatchedParameters()))
	}))
	b.Get("string Method", text(host.Request.Method))
	b.Get("IUrl OriginalUrl", of(func(q host.Request) val { return types.Ref(q.OriginalURL()) }))
	b.Get("IUrl Url", of(func(q host.Request) val { return types.Ref(q.URL()) }))
	hostType[privateEndpoint](r, "IPrivateEndpointConnection").
		Get("string Name", noText).Get("string GroupId", noText).Get("string MemberName", noText)
	b.Get("IPrivateEndpointConnection PrivateEndpointConnection", noText)
	if r.Named(certificateName) != nil {
		b.Get("X509Certificate2 Certificate", func(c call, a []val) val {
			return certificateOf(a[0].Ref().(host.Request))
		})
	}
	p := hostType[host.Response](r, "IResponse")
	p.Get("IMessageBody Body", of(func(q host.Response) val { o := q.Body(); return object(o, o == nil) }))
	p.Get("IReadOnlyDictionary<string, string[]> Headers", of(func(q host.Response) val { return types.Ref(q.Headers()) }))
	p.Get("int StatusCode", of(func(q host.Response) val { return integer(q.StatusCode()) }))
	p.Get("string StatusReason", text(host.Response.StatusReason))
	hostType[host.Body](r, "IMessageBody").
		Method("T As<T>(bool preserveContent = false)", bodyAs).
		Method("IDictionary<string, IList<string>> AsFormUrlEncodedContent(bool preserveContent = false)", bodyForm)
	u := hostType[host.URL](r, "IUrl")
	u.Get("string Host", text(host.URL.Host))
	u.Get("string Path", text(host.URL.Path))
	u.Get("int Port", of(func(u host.URL) val { return integer(u.Port()) }))
	u.Get("IReadOnlyDictionary<string, string[]> Query", of(func(u host.URL) val { return types.Ref(u.Query()) }))
	u.Get("string QueryString", text(host.URL.QueryString))
	u.Get("string Scheme", text(host.URL.Scheme))
	u.Method("string ToString()", text(host.URL.String))
	u.Method("Uri ToUri()", func(c call, a []val) val { return newURI(c, a[0].Ref().(host.URL).String(), 1) })
}

const certificateName = "System.Security.Cryptography.X509Certificates.X509Certificate2"

// privateEndpoint is implemented by nothing: no request here comes from a private endpoint.
type privateEndpoint interface{ privateEndpoint() }

// workspace is implemented by nothing: an API outside of a workspace has none.
type workspace interface{ workspace() }

// noText is a member that is always null.
func noText(call, []val) val { return types.Null }

// bodyAs is IMessageBody.As<T>.
func bodyAs(c call, a []val) val {
	s, err := a[0].Ref().(host.Body).Read(a[1].Bool())
	if err != nil {
		c.Throw("System.IO.IOException", err.Error())
	}
	c.Grow(len(s))
	t := c.T(0)
	switch {
	case t == types.String || t == types.ObjectT:
		return str(strings.ToValidUTF8(strings.TrimPrefix(s, "\uFEFF"), "\uFFFD"))
	case t.Kind == types.KindArray && t.Elem == types.Byte:
		return types.Ref(c.Types.Bytes([]byte(s)))
	case t.Full == "System.Xml.Linq.XNode":
		t = c.Types.Named("System.Xml.Linq.XElement")
	}
	return parsed(c, t, strings.TrimPrefix(s, "\uFEFF"))
}

// bodyForm is IMessageBody.AsFormUrlEncodedContent.
func bodyForm(c call, a []val) val {
	s, err := a[0].Ref().(host.Body).Read(a[1].Bool())
	if err != nil {
		c.Throw("System.IO.IOException", err.Error())
	}
	args := c.Site.Result.Args
	d := newDictionary(c.Run, c.Types.Construct(dictionaryType, args...), types.Null)
	lists := map[string][]val{}
	var names []string
	for pair := range strings.SplitSeq(s, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if pair == "" {
			continue
		}
		name, value = formText(name), formText(value)
		if lists[name] == nil {
			names = append(names, name)
		}
		c.Step()
		lists[name] = append(lists[name], str(value))
	}
	for _, n := range names {
		d.put(c, str(n), types.Ref(c.Types.NewArray(types.String, lists[n])), false)
	}
	return types.Ref(d)
}

// formText decodes a part of a form; one that is badly escaped stands for itself.
func formText(s string) string {
	if d, err := url.QueryUnescape(s); err == nil {
		return d
	}
	return s
}

func resources(r *types.Registry) {
	a := hostType[host.API](r, "IApi")
	a.Get("string Id", text(host.API.ID)).Get("string Name", text(host.API.Name)).Get("string Path", text(host.API.Path))
	a.Get("string Revision", text(host.API.Revision)).Get("string Version", text(host.API.Version))
	a.Get("bool IsCurrentRevision", of(func(o host.API) val { return types.Bool(o.IsCurrentRevision()) }))
	a.Get("IUrl ServiceUrl", of(func(o host.API) val { u := o.ServiceURL(); return object(u, u == nil) }))
	a.Get("IEnumerable<string> Protocols", func(c call, a []val) val { return c.Types.Strings(a[0].Ref().(host.API).Protocols()) })
	a.Get("ISubscriptionKeyParameterNames SubscriptionKeyParameterNames", of(func(o host.API) val {
		h, q := o.SubscriptionKeyNames()
		return types.Ref(&keyNames{h, q})
	}))
	hostType[*keyNames](r, "ISubscriptionKeyParameterNames").
		Get("string Header", text(func(k *keyNames) string { return k.header })).Get("string Query", text(func(k *keyNames) string { return k.query }))
	hostType[host.Operation](r, "IOperation").
		Get("string Id", text(host.Operation.ID)).Get("string Name", text(host.Operation.Name)).
		Get("string Method", text(host.Operation.Method)).Get("string UrlTemplate", text(host.Operation.URLTemplate))
	r.Enum(apimSpace+"ProductState", "NotPublished", "Published")
	state := r.Named(apimSpace + "ProductState")
	p := hostType[host.Product](r, "IProduct")
	p.Get("string Id", text(host.Product.ID)).Get("string Name", text(host.Product.Name))
	p.Get("IEnumerable<IApi> Apis", func(c call, a []val) val { return refs(c, a[0].Ref().(host.Product).APIs()) })
	p.Get("IEnumerable<IGroup> Groups", func(c call, a []val) val { return refs(c, a[0].Ref().(host.Product).Groups()) })
	p.Get("bool ApprovalRequired", of(func(o host.Product) val { return types.Bool(o.ApprovalRequired()) }))
	p.Get("bool SubscriptionRequired", of(func(o host.Product) val { return types.Bool(o.SubscriptionRequired()) }))
	p.Get("ProductState State", of(func(o host.Product) val { return types.Of(state, types.Bool(o.Published()).Bits()) }))
	for _, name := range []string{"SubscriptionLimit", "SubscriptionsLimit"} { // the page has had both
		p.Get("int? "+name, of(func(o host.Product) val {
			n, ok := o.SubscriptionLimit()
			if !ok {
				return types.Null
			}
			return integer(n)
		}))
	}
	d := hostType[host.Deployment](r, "IDeployment")
	d.Get("string GatewayId", text(host.Deployment.GatewayID)).Get("string Region", text(host.Deployment.Region))
	d.Get("string ServiceId", text(host.Deployment.ServiceID)).Get("string ServiceName", text(host.Deployment.ServiceName))
	hostType[gateway](r, "IGateway").Get("string Id", text(func(g gateway) string { return g.GatewayID() })).
		Get("string InstanceId", text(func(g gateway) string { return g.GatewayID() })). // both are "managed" for managed gateways
		Get("bool IsManaged", of(func(g gateway) val { return types.Bool(g.GatewayID() == "managed") }))
	d.Get("IGateway Gateway", of(func(o host.Deployment) val { return types.Ref(gateway{o}) }))
	if r.Named(certificateName) != nil {
		d.Get("IReadOnlyDictionary<string, X509Certificate2> Certificates", func(c call, a []val) val {
			return types.Ref(&certificateMap{a[0].Ref().(host.Deployment), c.Site.Result})
		})
	}
}

// gateway is context.Deployment.Gateway.
type gateway struct{ host.Deployment }

type keyNames struct{ header, query string }

// refs makes an array of a host's objects.
func refs[T any](c call, list []T) val {
	items := make([]val, len(list))
	for i, o := range list {
		items[i] = types.Ref(o)
	}
	return types.Ref(c.Types.NewArray(c.Site.Result.Args[0], items))
}

// certificateMap is context.Deployment.Certificates.
type certificateMap struct {
	host.Deployment
	typ *types.Type
}

// DotNetType implements types.Object.
func (m *certificateMap) DotNetType() *types.Type { return m.typ }

// Len is the number of certificates.
func (m *certificateMap) Len() int { return len(m.CertificateIDs()) }

// Find implements Lookup.
func (m *certificateMap) Find(r *types.Run, key val) (val, bool) {
	c := m.Certificate(key.Str())
	return m.keyed(key.Str(), c), c != nil
}

// keyed is a certificate with its private key.
func (m *certificateMap) keyed(id string, x *x509.Certificate) val {
	keeper, ok := m.Deployment.(KeyKeeper)
	if x == nil || !ok {
		return certificateOrNull(x)
	}
	return types.Ref(NewCertificate(x).withKey(keeper.CertificateKey(id)))
}

// Each implements types.Enumerable.
func (m *certificateMap) Each(r *types.Run, yield func(val) bool) {
	pair := r.Types.Construct(pairType, m.typ.Args...)
	for _, id := range m.CertificateIDs() {
		if !yield(types.Ref(&Pair{Type: pair, Key: str(id), Value: m.keyed(id, m.Certificate(id))})) {
			return
		}
	}
}

func people(r *types.Registry) {
	s := hostType[host.Subscription](r, "ISubscription")
	s.Get("string Id", text(host.Subscription.ID)).Get("string Name", text(host.Subscription.Name)).Get("string Key", text(host.Subscription.Key))
	s.Get("string PrimaryKey", text(host.Subscription.PrimaryKey)).Get("string SecondaryKey", text(host.Subscription.SecondaryKey))
	s.Get("DateTime CreatedDate", of(func(o host.Subscription) val { return Date(o.CreatedDate()) }))
	s.Get("DateTime? StartDate", of(func(o host.Subscription) val { return dateOrNull(o.StartDate()) }))
	s.Get("DateTime? EndDate", of(func(o host.Subscription) val { return dateOrNull(o.EndDate()) }))
	u := hostType[host.User](r, "IUser")
	u.Get("string Id", text(host.User.ID)).Get("string Email", text(host.User.Email)).Get("string Note", text(host.User.Note))
	u.Get("string FirstName", text(host.User.FirstName)).Get("string LastName", text(host.User.LastName))
	u.Get("DateTime RegistrationDate", of(func(o host.User) val { return Date(o.RegistrationDate()) }))
	u.Get("IEnumerable<IGroup> Groups", func(c call, a []val) val { return refs(c, a[0].Ref().(host.User).Groups()) })
	u.Get("IEnumerable<IUserIdentity> Identities", func(c call, a []val) val { return refs(c, a[0].Ref().(host.User).Identities()) })
	hostType[host.Group](r, "IGroup").Get("string Id", text(host.Group.ID)).Get("string Name", text(host.Group.Name))
	hostType[host.Identity](r, "IUserIdentity").Get("string Id", text(host.Identity.ID)).Get("string Provider", text(host.Identity.Provider))
	e := hostType[host.LastError](r, "ILastError")
	e.Get("string Source", text(host.LastError.Source)).Get("string Reason", text(host.LastError.Reason))
	e.Get("string Message", text(host.LastError.Message)).Get("string Scope", text(host.LastError.Scope))
	e.Get("string Section", text(host.LastError.Section)).Get("string Path", text(host.LastError.Path))
	e.Get("string PolicyId", text(host.LastError.PolicyID))
}

func dateOrNull(t time.Time) val {
	if t.IsZero() {
		return types.Null
	}
	return Date(t)
}

// certificateOrNull is a parsed certificate as an X509Certificate2; nil is null.
func certificateOrNull(c *x509.Certificate) val {
	if c == nil {
		return types.Null
	}
	return types.Ref(NewCertificate(c))
}
