"""The file that `holdfast init` writes: every key there is, each with what it does."""

from typing import Final

STARTER: Final = """\
# A Holdfast platform. Check it with `holdfast check`, run it with `holdfast up`.
# Everything that has a default may be left out; where a default exists, it is what stands here or is named.

holdfast: 1                       # version of this format
name: demo                        # name of the platform
mode: enforce                     # observe: count what would be refused, refuse nothing

clients:                          # how a client's address is known
  # Only these peers are believed when they say, by X-Forwarded-For, for whom they ask. List your load balancers
  # and CDNs, such as [10.0.0.0/8]. Empty: clients connect directly. A mistake here puts all clients in one bucket.
  trusted_proxies: []
  ipv6_prefix: 64                 # how much of an IPv6 address is one client

locations:                        # points of presence
  local:
    edges:                        # the Envoys of a location, one item each
      - name: edge-1              # unique over all locations
        listen: 127.0.0.1:8080    # IP address and port, IPv6 as [::1]:8080
    capacity:                     # what the location carries, over all its edges
      in_flight: 200              # requests at the same time
      requests: 5000/s            # rate of requests
      connections: 20000          # connections from clients

defaults:                         # for every service that doesn't say otherwise
  criticality: sheddable_plus     # who is shed last: critical_plus, critical, sheddable_plus, sheddable
  response: suggest               # to what harms a service: observe it, suggest a mitigation, or act by itself
  limits:                         # answered with 429 above these
    requests: 500/s               # all requests of a service
    burst: 1000                   # size of the bucket; two seconds' worth by default
    per_client:                   # each client of a service
      requests: 50/s              # rate for one client
      burst: 100                  # bucket of one client
  bulkhead:                       # walls around each service, at each location
    in_flight:                    # requests at the same time; by default nothing, and a quarter of the location
      guaranteed: 0               # always there for a service
      maximum: 50                 # never more than this
    pending: 64                   # requests that may wait for a connection
    connections: 64               # connections to a service's endpoints

bounds:                           # the most a service may have, here or by its owner's choice
  requests_max: 2000/s            # for limits.requests
  burst_max: 4000                 # for every burst
  per_client_max: 500/s           # for limits.per_client.requests

pools:                            # what edges and endpoints draw from; with none, anything goes
  edge-ports:
    ports: 1024-65535             # ports that edges listen on
  backends:
    addresses: 0.0.0.0/0          # addresses that endpoints have; here all of IPv4

waves:                            # how a change goes out: to a few services first, then to more
  first: 2%                       # of the services that it changes; fifty at the most
  bake: 30s                       # how long each wave is watched before the next

access_log:                       # what every edge writes of its requests, refused and failed ones in any case
  format: json                    # or combined, as web servers write it
  share: 1%                       # of all other requests

sites:                            # places that upstreams run at, and that may be lost as a whole
  east: {}
  west:
    requests: 500/s               # what it can carry in all; by default nothing is said
    in_flight: 200                # requests at the same time

spool:                            # the most that is kept of what routes may defer
  bytes_max: 1GiB                 # of all tenants
  messages_max: 1000000           # likewise
  tenant_bytes_max: 256MiB        # of one tenant
  tenant_messages_max: 250000     # likewise

assets:                           # the most that is kept of last good copies, on each machine
  bytes_max: 1GiB                 # of all services
  unused_max: 1d                  # after nobody asked for one any more
  object_max: 16MiB               # larger answers aren't kept

reclaims:                         # where the provider says that it takes a machine back; by default machines say so
  url: "http://{host}:8089"       # of its metadata; {host} is an ephemeral machine's address
  shape: aws                      # or gcp
  every: 5s                       # between two questions

status:                           # the public status site; without this section there is none
  title: Acme                     # whose status it is
  url: https://status.acme.example         # where it is read
  support_url: https://acme.example/help   # where users find help
  subscribe_url: https://acme.example/status-subscribers   # where control's page for subscribers is reached
  publish: approve                # first words wait for somebody; auto: they are published at once
  names: false                    # nothing that Holdfast writes for the public names a service or a tenant
  remind_after: 30m               # somebody is reminded of an open incident without a new word for so long
  protections:                    # the public page of what protects every tenant
    publish: true
    numbers: false                # limits too, which helps attackers
  regions:                        # by default every location is a region
    europe:
      title: Europe               # as users know it
      locations: [local]
  components:                     # parts of the platform as users know them
    shop:
      title: Web shop
      group: Shops                # the heading that it is under
      description: Pages and the checkout   # a line below the title
      services: [acme-shop]       # what it is made of
      objective: 99.9%            # of a month, up

tenants:                          # your customers, the units of isolation
  acme:
    owners: [shop@acme.example]   # whose tokens may change this; by default all of the role owner for the tenant
    contact: ops@acme.example     # e-mail address or webhook to tell when something is done to its services
    consent:                      # what may be done to its services where response is act
      deny: true                  # refuse the sources that an excess comes from
      kill: false                 # refuse everything, if nothing less helps
    services:                     # names are unique over all tenants
      # One service with every key. Yours needs only `hosts` and `upstream.endpoints`.
      acme-shop:
        hosts:                    # the hosts it answers for; the longest match wins
          - shop.acme.example
          - "*.shop.acme.example"
        criticality: critical     # by default as in `defaults`
        mode: enforce             # by default as for the platform
        response: act             # by default as in `defaults`
        limits:                   # as in `defaults`
          requests: 200/s         # all requests
          burst: 400              # bucket of all
          per_client:             # each client
            requests: 20/s        # rate for one client
            burst: 40             # bucket of one client
        bulkhead:                 # as in `defaults`
          in_flight:              # requests at the same time
            guaranteed: 40        # all guarantees together fit into every location's capacity
            maximum: 60           # never more than this
          pending: 64             # requests that may wait
          connections: 100        # connections to the endpoints
        accept:                   # kinds of request; what is left out isn't checked, and costs nothing
          methods: [GET, HEAD, OPTIONS, POST]   # others get 405
          content_types: [application/json, "image/*"]   # of requests with a body; others get 415
          body_max: 64KiB         # larger bodies get 413
          header_max: 32KiB       # larger headers get 431
          url_max: 8KiB           # longer URLs get 414
        internal: false           # true: other services call it, which `plan` looks after
        upstream:                 # where its requests go
          endpoints:              # host:port, or [ipv6]:port
            - 127.0.0.1:9101
            - address: 127.0.0.1:9102   # what more there is to say of a machine
              zone: a             # where it runs
              ephemeral: true     # its provider may take it back at any time
          ephemeral_max: 50%      # of the requests go to ephemeral machines, while there are others
          slow_start: 10s         # until a new machine has its full part; by default at once
          site: east              # one of `sites`
          protocol: http1         # or http2
          timeouts:               # each stage has one
            connect: 1s           # to open a connection
            per_try: 5s           # one try; by default only the whole request is timed
            request: 15s          # the whole request, retries included
            idle: 1m              # a connection with nothing on it
          health_check:           # asks every endpoint; by default none does
            path: /healthz        # answers 200 while all is well
            interval: 1s          # between two checks
            timeout: 1s           # for one check
            unhealthy_after: 2    # failures in a row
            healthy_after: 1      # successes in a row
          retries:                # failures that are tried again on another endpoint
            attempts_max: 2       # 0 turns retries off
            methods: [GET, HEAD, OPTIONS, POST]   # POST only with an idempotency key
            idempotency_key: Idempotency-Key   # header by which the upstream knows a repeated request
            budget: 20%           # retries are at most this share of what is in flight
            body_max: 64KiB       # larger bodies aren't kept, so they aren't retried
          standbys:               # take its place when it is lost, in this order; the same keys but for retries
            west:
              endpoints: [127.0.0.1:9105]
              site: west
              health_check: {path: /healthz}
        upstreams:                # further ones that routes lead to; the same keys as in `upstream`
          checkout:
            endpoints: [127.0.0.1:9104]   # until the feed was read for the first time
            endpoints_from:       # a list of endpoints that is read again and again
              file: /etc/holdfast/checkout.yaml   # watched; or a url
              every: 5s           # between two looks
            health_check: {path: /healthz}
          mail:
            endpoints: [127.0.0.1:9106]
            endpoints_from:
              url: http://127.0.0.1:9107/endpoints.json   # asked again and again, with its ETag
            health_check: {path: /healthz}
        failover:                 # when its upstreams give way to their standbys
          policy: automatic       # or suggest, or manual
          quorum: 1               # edges that must see it failing; by default more than half
          after: 1s               # for so long, without a break
          stay: 1m                # nothing moves again within this
          fail_back: suggest      # or automatic, or manual
          ramp: 30s               # reading returns little by little
          read_only: true         # on a standby only reading works
          lag:                    # how far a standby is behind, if it says so; by default it isn't asked
            path: /lag            # answers with seconds,
            header: x-lag         # in a header,
            json_pointer: ""      # or at a place of its body, or as its body
            max: 30s              # more than this isn't ready
        depends_on: [acme-graph]  # after an outage it comes back after these
        routes:                   # tried in order; what none matches gets 404. Without any, all goes to `upstream`
          - name: checkout        # unique in the service
            match:                # all that is stated must hold
              path:               # one of `exact`, `prefix` and `regex`
                prefix: /checkout   # by whole parts: /checkout/pay, not /checkouts
              methods: [GET, POST]  # any of these
              headers:            # with exactly these values
                x-beta: "yes"
            upstream: checkout    # one of `upstreams`; by default `upstream`
            rewrite:              # what the upstream is asked for instead
              prefix: /           # in place of the matched prefix, or exact path
              host: checkout.acme.internal   # in place of the host
            request_headers:      # as the upstream gets them
              set:                # in place of any of that name
                x-shop: acme
              remove: [x-debug]   # taken out
            response_headers:     # as the client gets them
              set:
                cache-control: no-store
              remove: [server]
            timeout: 5s           # for the whole request; by default as for the upstream
          - name: old-cart
            match:
              path:
                exact: /cart.php  # this path alone
            redirect:             # the edge answers that it is elsewhere
              path: /cart         # at another path,
              host: shop.acme.example   # at another host, or both
              status: 301         # 301, 302, 303, 307 or 308
          - name: old-api
            match:
              path:
                regex: "/v[0-2]/.*"   # a whole path, in RE2's syntax
            answer:               # the edge answers by itself
              status: 410
              body: "this version is gone"   # a text
          - name: send
            upstream: mail
            match:
              methods: [POST]
              path: {prefix: /send}
            deferred:             # accepted and kept for later where the upstream can't take it
              order_by: x-recipient   # what has the same value stays in order; by default nothing does
              priority: 5         # 0 is delivered first, 9 last
              age_max: 1d         # older than this it is a dead letter
              body_max: 64KiB     # larger bodies get 413
              also_on: [404]      # answers that are no answer, beside 5xx
          - name: pictures
            match:
              path: {prefix: /pictures}
            static: true          # last good copies are kept, and served when nobody is left to answer
          - name: rest
        probes:                   # what must be answered so whatever is changed; `plan` tries them
          - path: /
            method: GET           # the method asked with
            host: shop.acme.example   # by default the first of `hosts`
            headers: {x-probe: "1"}   # sent along
            expect: 200           # the status that is right

      # A service for GraphQL only.
      acme-graph:
        hosts: [graph.acme.example]
        accept:
          graphql:                # anything that isn't GraphQL is refused; `{}` has the defaults
            mutations: true       # operations that change something
            batching: false       # several operations in one request
            introspection: false  # questions about the schema itself
            get_queries: false    # queries by GET
        upstream:
          endpoints: [127.0.0.1:9103]
"""
"""A platform file in which every key stands, commented. It checks clean."""
