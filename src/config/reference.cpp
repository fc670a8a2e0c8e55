#include "config/reference.hpp"

#include <string_view>

#include <fmt/format.h>

#include "config/setting.hpp"

namespace healer {
namespace {

constexpr std::string_view introduction = R"(# Configuration

<!-- Made by `healer config-reference` from the table in src/config/. Do not edit: change the table. -->

healer runs without any configuration: it watches the containers that are labelled `monitored=true` with the defaults
below. `healer check-config` prints what is in effect and where each value came from.

## Where settings come from

| source | sets | wins over |
|---|---|---|
| container label | one container | everything below |
| command line flag | the daemon | everything below |
| file (`--config FILE` or `HEALER_CONFIG`) | defaults of all containers, the daemon | environment |
| environment | defaults of all containers, the daemon | default |

- Every variable answers to its name and to the same name with `HEALER_` in front. When both are set and differ, the
  `HEALER_` one is used and a warning says so. An empty variable counts as unset.
- An unknown `HEALER_...` variable, an unknown key in the file, or a value that is not accepted stops the start with exit
  code 2 and one line per error: where it stands, what was seen, what is accepted, and the nearest valid name.
- An unknown `healer.*` label or a label's value that is not accepted stops nothing: it is logged, counted and marked in
  `healer status`, and the container's other settings apply.
- Durations are written `15` (seconds), `1.5s`, `250ms`, `1m30s`, `2h` or `7d`. A truth value is
  `true`, `yes`, `1` or `on`, or `false`, `no`, `0` or `off`. Words are accepted in any case.

## The file

One YAML document of at most 1 MiB. Daemon settings stand at the top level, the defaults of all containers under
`defaults:`. Aliases, tags and duplicate keys are refused.

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

}  // namespace

std::string configuration_reference() {
  std::string page(introduction);
  page += "\n## Settings of a container\n\nBy variable and file for all containers, by label for one.\n";
  append_table(page, Scope::Workload);
  page += "\n## Settings of the daemon\n";
  append_table(page, Scope::Daemon);
  page +=
      "\nProxies for requests that leave the machine are read by libcurl from `HTTPS_PROXY`, `http_proxy`, "
      "`ALL_PROXY` and\n`NO_PROXY`.\n";
  return page;
}

}  // namespace healer
