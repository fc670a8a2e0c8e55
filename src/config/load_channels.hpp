#pragma once

#include <string>

#include "config/load.hpp"
#include "config/yaml_file.hpp"

namespace healer {

/// What the file has under `channels:`, and the file's name.
struct FileChannels {
  std::string file;
  YamlNode value;
};

/// Fills in settings.daemon.channels, and what is in effect of each. To be called when everything else is
/// read: the daemon's slack_webhook makes the channel "slack".
///
/// The variables make at most one channel of each type. One of the file with the same name and type goes on
/// top of it. What is wrong is added to `errors`.
void load_channels(const Environment& environment, const FileChannels& file, Settings& settings,
                   ConfigErrors& errors);

}  // namespace healer
