#include "config/reference.hpp"

#include <string_view>

#include <fmt/format.h>

#include "config/alert_routes.hpp"
#include "config/channel_settings.hpp"
#include "config/prometheus_rules.hpp"
#include "config/setting.hpp"

namespace healer {
namespace {

constexpr std::string_view introduction = R"(# Configuration

<!-- Made by `healer config-reference` from the table in src/config/. Do not edit: change the table. -->

healer runs without any configuration: it watches the containers that are labelled `monitored=true` with the defaults
below. `healer check-config` prints what is in effect and where each value came from; with `--container NAME` it asks the
engine for the labels of one container and says for that one, and whether it is watched.

## Where settings come from

| source | sets | wins over |
|---|---|---|
| container label | one container | everything below |
| command line flag | the daemon | everything below |
| file (`--config FILE` or `HEALER_CONFIG`) | defaults of all containers, the daemon | environment |
| environment | defaults of all containers, the daemon | default |

- Every variable answers to its name and to the same name with `HEALER_` in front. When both are set and differ, the
  `HEALER_` one is used and a warning says so. An empty variable counts as unset.
- A secret may stand in a file: `NAME_FILE` names it in place of `NAME` (as Docker's images have it for
  `/run/secrets/...`), and `name_file:` in the YAML file. One line's end at its end does not count. A file that is
  missing, empty or not readable stops the start with its path. When both are set, the file is used.
- An unknown `HEALER_...` variable, an unknown key in the file, or a value that is not accepted stops the start with exit
  code 2 and one line per error: where it stands, what was seen, what is accepted, and the nearest valid name.
- An unknown `healer.*` label or a label's value that is not accepted stops nothing: it is logged, counted and marked in
  `healer status`, and the container's other settings apply.
- Every secret can be in a file instead: the variable with `_FILE` behind its name, or the key with `_file`, holds the
  file's path (Docker's and Kubernetes' secrets). Its last line end is left out.
- Where a list is accepted, the file may give a sequence. Everywhere a text that begins with `[` is a list of texts too:
  `["/bin/check", "--all"]`; its items are taken as they are.
- Durations are written `15` (seconds), `1.5s`, `250ms`, `1m30s`, `2h` or `7d`. A truth value is
  `true`, `yes`, `1` or `on`, or `false`, `no`, `0` or `off`. Words are accepted in any case. Sizes are
  whole numbers with `KiB`, `MiB`, `GiB` or `TiB` (1024), `k`, `M` or `G` (1000), or bytes.

## The file

One YAML document of at most 1 MiB. Daemon settings stand at the top level, the defaults of all containers under
`defaults:`, [channels](#channels) under `channels:`. Aliases, tags and duplicate keys are refused.

```yaml
listen: 127.0.0.1:9180
log_format: json
defaults:
  interval: 10s
  failure_threshold: 2
  status: [200-299, 401]
```

## Opting in

A container is watched when `monitored` or `healer.enable` says so: `true`, `yes`, `1` or `on` opt in, `false`, `no`, `0`
or `off` opt out, in any case. Opting out wins when the two disagree. Any other value is marked as a problem and does not
opt in.

```yaml
services:
  web:
    image: example/web
    ports: ["8080:80"]
    labels:
      monitored: "true"
      healer.interval: 5s
      healer.path: /ready
```
)";

constexpr std::string_view workload_guides = R"(
### Several probes

A container can be asked in several ways; all must pass. Each further probe has a name of 1 to 32 of `a-z`, `0-9`, `_` and
`-`, and is set by labels alone: `healer.probes.NAME.SETTING`, where SETTING is any of `probe`, `path`, `port`, `status`,
`body`, `banner`, `host`, `tls_verify`, `method`, `headers`, `redirects`, `command` and `service`. At most 8. Each starts
from the defaults of file and environment, not from the container's other labels.

```yaml
    labels:
      monitored: "true"
      healer.probes.web.path: /ready
      healer.probes.queue.probe: tcp
      healer.probes.queue.port: "5672"
      healer.probes.disk.probe: exec
      healer.probes.disk.command: sh -c 'test -w /data'
```

Where a container has named probes, the unnamed one is asked as well only when one of its own labels, such as
`healer.path`, is there. A label that has no effect on the kind of its probe, such as `banner` on `http`, is marked as a
problem; a named `exec` probe without a command is not asked.

### The ladder

`actions` says what is done to an ill container, one rung for each attempt; a failed one takes the next, and the last
repeats.

| rung | does |
|---|---|
| `restart`, `start`, `stop` | what the engine does by that name; `stop` ends the ladder |
| `recreate` | makes a new container of the same configuration, networks, volumes and name |
| `kill:SIGNAL` | sends a signal to the container's first process: `kill:HUP`, `kill:SIGUSR1`, `kill:10` |
| `exec:COMMAND` | runs a command inside, without a shell |
| `webhook:URL` | tells somebody else, by POST, to heal it; the URL is a secret and never printed |
| `none` | only tells people; it ends the ladder |

Commas separate rungs. A command or URL with a comma of its own needs quotes around it, or a list:

```yaml
defaults:
  actions: restart, exec:sh -c 'reload --all', recreate
```

```yaml
defaults:
  actions:
    - "exec:/bin/reload --only a,b"
    - restart
    - "webhook:https://automation.example/heal?a=1,2"
```

### Maintenance windows

In a window healer watches and tells, but touches nothing. `[DAYS] HH:MM-HH:MM [ZONE]`, with `;` between several:

| window | is |
|---|---|
| `Sun 02:00-04:00 Europe/Berlin` | Sundays, by the clocks of Berlin, summer time included |
| `Mon-Fri 22:00-06:00` | begins on the five days, and ends on the day after; UTC |
| `Sat,Sun 00:00-24:00 UTC` | whole days |
| `03:00-03:30` or `daily 03:00-03:30` | every day |

Zones are those of the system's time zone database (`/usr/share/zoneinfo`), which the image brings along. The `TZ` of the
process plays no part. `off` in a label ends what `MAINTENANCE` sets for all.
)";

constexpr std::string_view daemon_guides = R"(
### Hooks

`hook_before` and `hook_after` are commands on the host, each an argument list that no shell sees. A container's label can
never set them.

```yaml
hook_before: [/usr/local/bin/on-heal, --before]
```

As a variable: `HEALER_HOOK_BEFORE='/usr/local/bin/on-heal --before'`, or a list, `["/usr/local/bin/on-heal", "--before"]`.

In an argument `{name}`, `{id}`, `{remedy}`, `{attempt}` and `{outcome}` stand for the container's name and id, what is
done, the number of the attempt within its incident, and what came of it. The same is in the environment, beside healer's
own: `HEALER_HOOK` (`before` or `after`), `HEALER_WORKLOAD`, `HEALER_CONTAINER`, `HEALER_CONTAINER_ID`, `HEALER_REMEDY`,
`HEALER_ATTEMPT`, `HEALER_REASON`, and after a remedy `HEALER_OUTCOME`: `done`, `refused` or `lost` (no answer came).

A remedy waits for the hook before it, at most `hook_timeout`; a hook that fails or hangs is said, and the remedy goes on. A
container that somebody stopped, started or paused meanwhile is not touched. The hook after it runs in the background,
whatever came of the remedy. At its timeout a hook is ended with all that it started. Its exit code and the first 500 bytes
of its output are kept with the incident. A dry run runs no hook.
)";

constexpr std::string_view channels_introduction = R"(
## Channels

Where alerts go. Variables make one channel for each kind of service, named as below; the file makes any number, each with
a name of its own (1 to 32 of `a-z`, `0-9`, `_` and `-`, not `all` or `none`):

```yaml
channels:
  oncall:
    type: pagerduty
    routing_key_file: /run/secrets/pagerduty
  team-chat:
    type: slack
    webhook_url_file: /run/secrets/slack
    gap: 2s
```

A channel of the file that has the name and type of one of the environment sets that one further. What is required and
missing stops the start. How messages look, and how each service is set up, is in [alerts.md](alerts.md).
)";

std::string code(std::string_view text) {
  return text.empty() ? std::string() : fmt::format("`{}`", text);
}

std::string default_of(const SettingInfo& info) {
  return info.default_text.empty() ? std::string("unset") : code(info.default_text);
}

void append_row(std::string& page, const SettingInfo& info) {
  const std::string_view last = info.scope == Scope::Workload ? info.label : info.flag;
  page += fmt::format("| {} | {} | {} | {} | {} | {} |\n", code(info.key), code(info.env), code(last),
                      default_of(info), info.range.empty() ? info.accepted : info.range, info.description);
}

void append_table(std::string& page, Scope scope) {
  page += fmt::format("\n| key | variable | {} | default | accepted | meaning |\n|---|---|---|---|---|---|\n",
                      scope == Scope::Workload ? "label" : "flag");
  for (const SettingInfo* info : all_settings())
    if (info->scope == scope) append_row(page, *info);
}

void append_channel(std::string& page, const ChannelType& type) {
  page += fmt::format("\n### {}\n\nType `{}`; the variables make the channel `{}`. {}\n", type.title,
                      type.name, type.from_env, type.description);
  page += "\n| key | variable | default | accepted | meaning |\n|---|---|---|---|---|\n";
  for (const auto& setting : type.settings) {
    const SettingInfo& info = setting.info;
    std::string notes;
    if (info.secret) notes += " A secret.";
    page += fmt::format("| {} | {} | {} | {} | {}{} |\n", code(info.key), code(info.env),
                        info.required ? "required" : default_of(info),
                        info.range.empty() ? info.accepted : info.range, info.description, notes);
  }
}

}  // namespace

std::string configuration_reference() {
  std::string page(introduction);
  page += "\n## Settings of a container\n\nBy variable and file for all containers, by label for one.\n";
  append_table(page, Scope::Workload);
  page += workload_guides;
  page += "\n## Settings of the daemon\n";
  append_table(page, Scope::Daemon);
  page +=
      "\nProxies for requests that leave the machine are read by libcurl from `HTTPS_PROXY`, `http_proxy`, "
      "`ALL_PROXY` and\n`NO_PROXY`.\n";
  page += daemon_guides;
  page += routes_guide();
  page += prometheus_guide();
  page += channels_introduction;
  for (const ChannelType& type : channel_types()) append_channel(page, type);
  return page;
}

}  // namespace healer
