#pragma once

#include <string>

#include "config/load.hpp"
#include "config/yaml_file.hpp"

namespace healer {

/// The value of the file's `channels:`, and the file's name.
struct FileChannels {
  std::string file;
  YamlNode value;
};

/// Fills in settings.daemon.channels and the effective settings of each channel. Call it after all other
/// settings are read: the daemon's slack_webhook makes the channel "slack".
///
/// The variables make at most one channel of each type. A channel of the file with the same name and type
/// overrides its settings. Errors are added to `errors`.
void load_channels(const Environment& environment, const FileChannels& file, Settings& settings,
                   ConfigErrors& errors);

}  // namespace healer
