#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/commands.hpp"

namespace healer::cli {
namespace {

constexpr std::size_t shortest_id = 4;
constexpr std::size_t most_named = 8;

/// The name of its service, without the project.
std::string_view service_of(const ContainerSummary& container) {
  const std::string_view service = container.identity.service;
  return service.substr(service.find('/') + 1);
}

std::string shown(const std::string& text) {
  return printable(clip(text, 100));
}

/// The only container of `found`; null if there is none; an error that names them if there are several.
tl::expected<const ContainerSummary*, std::string> only(const std::vector<const ContainerSummary*>& found,
                                                        const std::string& name) {
  if (found.size() < 2) return found.empty() ? nullptr : found.front();
  std::string names;
  for (std::size_t i = 0; i < found.size() && i < most_named; ++i)
    names += (i > 0 ? ", " : "") + shown(found[i]->name);
  if (found.size() > most_named) names += ", ...";
  return tl::unexpected<std::string>(
      fmt::format("'{}' means {} containers: {}; name one of them", shown(name), found.size(), names));
}

template <class Matches>
std::vector<const ContainerSummary*> those(const std::vector<ContainerSummary>& all, Matches matches) {
  std::vector<const ContainerSummary*> found;
  for (const ContainerSummary& container : all)
    if (matches(container)) found.push_back(&container);
  return found;
}

}  // namespace

tl::expected<ContainerSummary, std::string> find_container(const std::vector<ContainerSummary>& all,
                                                           const std::string& name) {
  for (const ContainerSummary& container : all)
    if (container.name == name) return container;
  const auto by_id = only(those(all,
                                [&](const ContainerSummary& container) {
                                  return name.size() >= shortest_id && container.id.starts_with(name);
                                }),
                          name);
  if (!by_id) return tl::unexpected<std::string>(by_id.error());
  if (*by_id) return **by_id;
  const auto by_service = only(
      those(all, [&](const ContainerSummary& container) { return service_of(container) == name; }), name);
  if (!by_service) return tl::unexpected<std::string>(by_service.error());
  if (*by_service) return **by_service;

  std::vector<std::string> names;
  for (const ContainerSummary& container : all) {
    names.push_back(container.name);
    names.emplace_back(service_of(container));
  }
  const std::vector<std::string_view> candidates(names.begin(), names.end());
  std::string problem = fmt::format("no container is named '{}'", shown(name));
  if (const auto nearest = nearest_name(name, candidates); nearest && !nearest->empty())
    problem += fmt::format("; did you mean '{}'?", shown(*nearest));
  return tl::unexpected<std::string>(std::move(problem));
}

}  // namespace healer::cli
