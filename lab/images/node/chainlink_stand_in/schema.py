# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The keys of config.toml and secrets.toml with their types, and strict decoding against them.

Leaves name a type of ``_LEAVES``; a one-element list is an array of tables. ``OPEN`` marks a part whose keys
this stand-in does not know and accepts as they are: chains and products that the estate does not configure.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from typing import Any

from .defects import removed_keys
from .errors import CommandError
from .ethereum import checksummed
from .logs import LEVELS
from .units import duration, size
from .versions import Version

OPEN = "open"
Schema = dict[str, Any]


def _table(kind: str, names: str) -> Schema:
    return dict.fromkeys(names.split(), kind)


CONFIG: Schema = {
    **_table("text", "RootDir ExplorerURL"),
    **_table("duration", "ShutdownGracePeriod"),
    **_table("switch", "InsecureFastScrypt InsecurePPROFHeap"),
    "Feature": _table("switch", "FeedsManager LogPoller UICSAKeys CCIP MultiFeedsManagers"),
    "Database": {
        **_table("duration", "DefaultIdleInTxSessionTimeout DefaultLockTimeout DefaultQueryTimeout"),
        **_table("switch", "LogQueries MigrateOnStartup"),
        **_table("whole", "MaxIdleConns MaxOpenConns"),
        "Backup": {"Mode": "backup", "Dir": "text", "OnVersionUpgrade": "switch", "Frequency": "duration"},
        "Listener": _table("duration", "MaxReconnectDuration MinReconnectInterval FallbackPollInterval"),
        "Lock": {"Enabled": "switch", **_table("duration", "LeaseDuration LeaseRefreshInterval")},
    },
    "TelemetryIngress": {
        **_table("switch", "UniConn Logging UseBatchSend"),
        **_table("whole", "BufferSize MaxBatchSize"),
        **_table("duration", "SendInterval SendTimeout"),
        **_table("text", "ServerPubKey URL"),
        "Endpoints": [_table("text", "Network ChainID ServerPubKey URL")],
    },
    "AuditLogger": {"Enabled": "switch", **_table("text", "ForwardToUrl JsonWrapperKey"), "Headers": "texts"},
    "Log": {
        "Level": "level",
        **_table("switch", "JSONConsole UnixTS"),
        "File": {"Dir": "text", "MaxSize": "size", **_table("whole", "MaxAgeDays MaxBackups")},
    },
    "WebServer": {
        **_table("text", "AuthenticationMethod AllowOrigins BridgeResponseURL ListenIP"),
        **_table("duration", "BridgeCacheTTL HTTPWriteTimeout SessionTimeout SessionReaperExpiration StartTimeout"),
        **_table("whole", "HTTPPort"),
        **_table("switch", "SecureCookies"),
        **_table("size", "HTTPMaxSize"),
        "LDAP": OPEN,
        "OIDC": OPEN,
        "RateLimit": {
            **_table("whole", "Authenticated Unauthenticated"),
            **_table("duration", "AuthenticatedPeriod UnauthenticatedPeriod"),
        },
        "MFA": _table("text", "RPID RPOrigin"),
        "TLS": {**_table("text", "CertPath KeyPath Host ListenIP"), "HTTPSPort": "whole", "ForceRedirect": "switch"},
    },
    "JobPipeline": {
        **_table("switch", "ExternalInitiatorsEnabled VerboseLogging"),
        **_table("duration", "MaxRunDuration ReaperInterval ReaperThreshold"),
        **_table("whole", "MaxSuccessfulRuns ResultWriteQueueDepth"),
        "HTTPRequest": {"DefaultTimeout": "duration", "MaxSize": "size"},
    },
    "FluxMonitor": {"DefaultTransactionQueueDepth": "whole", "SimulateTransactions": "switch"},
    "OCR2": {
        **_table(
            "switch",
            "Enabled CaptureEATelemetry CaptureAutomationCustomTelemetry SimulateTransactions TraceLogging"
            " AllowNoBootstrappers",
        ),
        **_table("whole", "ContractConfirmations DefaultTransactionQueueDepth"),
        **_table("duration", "BlockchainTimeout ContractPollInterval ContractSubscribeInterval DatabaseTimeout"),
        **_table("duration", "ContractTransmitterTransmitTimeout SampleTelemetry"),
        **_table("text", "KeyBundleID"),
    },
    "OCR": {
        **_table("switch", "Enabled SimulateTransactions CaptureEATelemetry TraceLogging ConfigLogValidation"),
        **_table("duration", "ObservationTimeout BlockchainTimeout ContractPollInterval ContractSubscribeInterval"),
        **_table("whole", "DefaultTransactionQueueDepth"),
        **_table("text", "KeyBundleID TransmitterAddress"),
    },
    "P2P": {
        **_table("whole", "IncomingMessageBufferSize OutgoingMessageBufferSize"),
        **_table("text", "PeerID"),
        **_table("switch", "TraceLogging EnableExperimentalRageP2P"),
        "V1": {
            **_table("switch", "Enabled"),
            **_table("text", "AnnounceIP ListenIP"),
            **_table("whole", "AnnouncePort DHTAnnouncementCounterUserPrefix DHTLookupInterval ListenPort"),
            **_table("duration", "BootstrapCheckInterval NewStreamTimeout PeerstoreWriteInterval"),
            **_table("texts", "DefaultBootstrapPeers"),
        },
        "V2": {
            **_table("switch", "Enabled"),
            **_table("texts", "AnnounceAddresses DefaultBootstrappers ListenAddresses"),
            **_table("duration", "DeltaDial DeltaReconcile"),
        },
    },
    "Keeper": {
        **_table("whole", "DefaultTransactionQueueDepth GasPriceBufferPercent GasTipCapBufferPercent"),
        **_table("whole", "BaseFeeBufferPercent MaxGracePeriod TurnLookBack"),
        "Registry": {
            **_table("whole", "CheckGasOverhead PerformGasOverhead MaxPerformDataSize SyncUpkeepQueueSize"),
            "SyncInterval": "duration",
        },
    },
    "AutoPprof": OPEN,
    "Pyroscope": _table("text", "ServerAddress Environment"),
    "Sentry": {"Debug": "switch", **_table("text", "DSN Environment Release")},
    "Insecure": _table("switch", "DevWebServer OCRDevelopmentMode InfiniteDepthQueries DisableRateLimiting"),
    **_table(
        OPEN,
        "Aptos Billing BridgeStatusReporter Capabilities CCV Cosmos CRE JobDistributor LOOPP Mercury Metering Solana"
        " Starknet Sui Telemetry Terra TON Tracing Tron Workflows",
    ),
    "EVM": [
        {
            **_table("text", "ChainID ChainType MinContractPayment"),
            **_table("switch", "Enabled AutoCreateKey BlockBackfillSkip FinalityTagEnabled LogBroadcasterEnabled"),
            **_table("switch", "NonceAutoSync"),
            **_table("whole", "BlockBackfillDepth FinalityDepth SafeDepth FinalizedBlockOffset LogBackfillBatchSize"),
            **_table("whole", "LogKeepBlocksDepth LogPrunePageSize BackupLogPollerBlockDelay"),
            **_table("whole", "MinIncomingConfirmations RPCDefaultBatchSize RPCBlockQueryDelay"),
            **_table("duration", "LogPollInterval NoNewHeadsThreshold NoNewFinalizedHeadsThreshold"),
            **_table("address", "FlagsContractAddress LinkContractAddress OperatorFactoryAddress"),
            "Transactions": {
                **_table("switch", "Enabled ForwardersEnabled"),
                **_table("whole", "MaxInFlight MaxQueued"),
                **_table("duration", "ReaperInterval ReaperThreshold ResendAfterThreshold ConfirmationTimeout"),
                "AutoPurge": OPEN,
                "TransactionManagerV2": OPEN,
            },
            "BalanceMonitor": _table("switch", "Enabled"),
            "GasEstimator": {
                **_table("text", "Mode PriceDefault PriceMax PriceMin LimitMultiplier BumpMin FeeCapDefault"),
                **_table("text", "TipCapDefault TipCapMin SenderAddress"),
                **_table("whole", "LimitDefault LimitMax LimitTransfer BumpPercent BumpThreshold BumpTxDepth"),
                **_table("switch", "EIP1559DynamicFees EstimateLimit"),
                "LimitJobType": _table("whole", "OCR OCR2 DR VRF FM Keeper"),
                "BlockHistory": OPEN,
                "FeeHistory": _table("duration", "CacheTimeout"),
                "DAOracle": OPEN,
            },
            "HeadTracker": {
                **_table("whole", "HistoryDepth MaxBufferSize MaxAllowedFinalityDepth"),
                **_table("duration", "SamplingInterval BlockEmissionIdleWarningThreshold"),
                **_table("switch", "FinalityTagBypass PersistenceEnabled"),
            },
            "KeySpecific": [{"Key": "address", "GasEstimator": _table("text", "PriceMax")}],
            "NodePool": {
                **_table("whole", "PollFailureThreshold SyncThreshold"),
                **_table("duration", "PollInterval LeaseDuration FinalizedBlockPollInterval DeathDeclarationDelay"),
                **_table("duration", "NewHeadsPollInterval VerifyChainIDInterval"),
                **_table("text", "SelectionMode"),
                **_table("switch", "NodeIsSyncingEnabled EnforceRepeatableRead VerifyChainID"),
                "Errors": OPEN,
            },
            "OCR": {
                "ContractConfirmations": "whole",
                **_table("duration", "ContractTransmitterTransmitTimeout DatabaseTimeout ObservationGracePeriod"),
                **_table("duration", "DeltaCOverride DeltaCJitterOverride"),
            },
            "OCR2": {"Automation": _table("whole", "GasLimit")},
            "Workflow": OPEN,
            "Nodes": [
                {
                    **_table("text", "Name"),
                    **_table("url", "WSURL HTTPURL HTTPURLExtraWrite"),
                    **_table("switch", "SendOnly IsLoadBalancedRPC"),
                    **_table("whole", "Order"),
                }
            ],
        }
    ],
}

_IMPORTED_KEY = {"JSON": "text", "Password": "text"}
SECRETS: Schema = {
    "Database": {**_table("text", "URL BackupURL"), "AllowSimplePasswords": "switch"},
    "Explorer": _table("text", "AccessKey Secret"),
    "Password": _table("text", "Keystore VRF"),
    "WebServer": {
        "LDAP": _table("text", "ServerAddress ReadOnlyUserLogin ReadOnlyUserPass"),
        "OIDC": _table("text", "ClientSecret"),
    },
    "Pyroscope": _table("text", "AuthToken"),
    "Prometheus": _table("text", "AuthToken"),
    "Threshold": _table("text", "ThresholdKeyShare"),
    "EVM": {"Keys": [{**_IMPORTED_KEY, "ID": "whole"}]},
    "P2PKey": _IMPORTED_KEY,
    "DKGRecipientKey": _IMPORTED_KEY,
    **_table(OPEN, "Aptos CCV CRE Mercury Solana"),
}


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _parsed_by(parser: Callable[[str], Any]) -> Callable[[Any], bool]:
    def check(value: Any) -> bool:
        try:
            return isinstance(value, str) and parser(value) is not None
        except ValueError:
            return False

    return check


_URL = re.compile(r"^[a-zA-Z][a-zA-Z0-9+.-]*://[^\s]+$")


def _is_address(value: Any) -> bool:
    """As core/services/keystore/keys/ethkey/address.go: nothing but the form with the checksum."""
    if not isinstance(value, str) or not re.fullmatch(r"0x[0-9a-fA-F]{40}", value):
        return False
    return value == checksummed(bytes.fromhex(value[2:]))


_LEAVES: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "text": ("a string", _is_text),
    "texts": ("an array of strings", lambda value: isinstance(value, list) and all(map(_is_text, value))),
    "switch": ("a boolean", lambda value: isinstance(value, bool)),
    "whole": ("a non-negative integer", lambda v: isinstance(v, int) and not isinstance(v, bool) and v >= 0),
    "duration": ("a duration string", _parsed_by(duration)),
    "size": ("a file size string", _parsed_by(size)),
    "url": ("a URL string", lambda value: isinstance(value, str) and bool(_URL.match(value))),
    "address": ("an EIP55 formatted address", _is_address),
    "level": ("a log level", lambda value: value in LEVELS),
    "backup": ("one of none, lite, full", lambda value: value in ("none", "lite", "full")),
}


# Key path (without indices) to the first release that knows it, or no longer knows it, by the official changelog.
SINCE = {
    "EVM.AutoCreateKey": "1.13.0",
    "EVM.Nodes.Order": "2.3.0",
    "WebServer.StartTimeout": "2.3.0",
    "WebServer.HTTPMaxSize": "2.3.0",
    "WebServer.ListenIP": "2.3.0",
    "WebServer.TLS.ListenIP": "2.3.0",
    "OCR.TraceLogging": "2.3.0",
    "OCR2.TraceLogging": "2.3.0",
    "OCR2.SimulateTransactions": "2.3.0",
    "OCR2.DefaultTransactionQueueDepth": "2.3.0",
    "EVM.GasEstimator.LimitJobType.OCR2": "2.3.0",
    "EVM.NodePool.LeaseDuration": "2.7.0",
    "TelemetryIngress.Endpoints": "2.7.0",
    "Tracing": "2.8.0",
    "WebServer.AuthenticationMethod": "2.8.0",
    "WebServer.LDAP": "2.8.0",
    "EVM.OCR.DeltaCOverride": "2.8.0",
    "EVM.OCR.DeltaCJitterOverride": "2.8.0",
    "EVM.NodePool.NodeIsSyncingEnabled": "2.10.0",
    "EVM.LogPrunePageSize": "2.10.0",
    "EVM.NodePool.FinalizedBlockPollInterval": "2.11.0",
    "JobPipeline.VerboseLogging": "2.11.0",
    "EVM.NodePool.Errors": "2.12.0",
    "EVM.Transactions.AutoPurge": "2.13.0",
    "EVM.HeadTracker.FinalityTagBypass": "2.13.0",
    "EVM.HeadTracker.MaxAllowedFinalityDepth": "2.13.0",
    "EVM.NodePool.NewHeadsPollInterval": "2.17.0",  # inferred: after 2.13
}
UNTIL = {
    "Terra": "1.13.0",
    "EVM.HeadTracker.BlockEmissionIdleWarningThreshold": "2.0.0",  # inferred: NoNewHeadsThreshold took its place
    "ExplorerURL": "2.6.0",
    "P2P.V1": "2.9.0",
    "TelemetryIngress.URL": "2.9.0",
    "TelemetryIngress.ServerPubKey": "2.9.0",
}
SECRETS_UNTIL = {"Explorer": "2.6.0"}


def schemas(version: Version) -> tuple[Schema, Schema]:
    """The schemas of config.toml and secrets.toml of one release."""
    gone = {path for path, since in SINCE.items() if version < Version.parse(since)}
    gone |= {path for path, until in UNTIL.items() if version >= Version.parse(until)}
    gone |= set(removed_keys(version))
    secrets_gone = {path for path, until in SECRETS_UNTIL.items() if version >= Version.parse(until)}
    return _without(CONFIG, gone), _without(SECRETS, secrets_gone)


def _without(schema: Schema, gone: set[str], path: str = "") -> Schema:
    kept: Schema = {}
    for key, expected in schema.items():
        here = f"{path}{key}"
        if here in gone:
            continue
        if isinstance(expected, dict):
            kept[key] = _without(expected, gone, f"{here}.")
        elif isinstance(expected, list):
            kept[key] = [_without(expected[0], gone, f"{here}.")]
        else:
            kept[key] = expected
    return kept


def _walk(value: dict[str, Any], schema: Schema, path: str, unknown: list[str], wrong: list[str]) -> None:
    for key, item in value.items():
        here = f"{path}.{key}" if path else key
        expected = schema.get(key)
        if expected is None:
            unknown.append(here)
        elif expected == OPEN:
            continue
        elif isinstance(expected, dict):
            if isinstance(item, dict):
                _walk(item, expected, here, unknown, wrong)
            else:
                wrong.append(f"{here}: must be a table")
        elif isinstance(expected, list):
            if isinstance(item, list) and all(isinstance(element, dict) for element in item):
                for index, element in enumerate(item):
                    _walk(element, expected[0], f"{here}.{index}", unknown, wrong)
            else:
                wrong.append(f"{here}: must be an array of tables")
        else:
            phrase, check = _LEAVES[expected]
            if not check(item):
                wrong.append(f"{here}: must be {phrase}")


def decode(text: str, schema: Schema, what: str) -> dict[str, Any]:
    """Decode TOML strictly; ``what`` is "config" or "secrets". No value appears in an error.

    Raises CommandError with the official opening words.
    """
    try:
        value = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"\(at [^)]*\)$", str(error))
        raise CommandError(f"failed to decode {what} TOML: toml: syntax error {place[0] if place else ''}") from None
    unknown: list[str] = []
    wrong: list[str] = []
    _walk(value, schema, "", unknown, wrong)
    if unknown:
        names = "".join(f"\n\t{name}: missing field" for name in unknown)
        raise CommandError(
            f"failed to decode {what} TOML: strict mode: fields in the document are missing in the target struct{names}"
        )
    if wrong:
        raise CommandError(f"failed to decode {what} TOML: toml: cannot decode: {'; '.join(wrong)}")
    return value
