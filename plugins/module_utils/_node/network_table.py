# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The networks that an estate can name: chain id and LINK token contract of each, current or gone.

Sources, as of 2026-08-21: LINK contracts by docs.chain.link, resources/link-token-contracts. Its chain ids contain
typing errors, so a row stands here where a second list of the same publisher has the same contract (the tokens of
CCIP's directory) and a third the chain id (chain-selectors). By the first list alone, with a chain id that is
confirmed: Ethereum-Hoodi, for which CCIP uses a token of its own, Moonbeam, Moonriver and Fantom, which the AWS Quick
Start has with the same contract. Networks of which CCIP's directory says that it has left them are not taken up.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Network:
    """One living network."""

    name: str
    chain_id: str
    link_contract_address: str
    other_names: tuple[str, ...] = ()


NETWORKS = (
    Network("Ethereum-Mainnet", "1", "0x514910771AF9Ca656af840dff83E8264EcF986CA", ("Ethereum",)),
    Network("Ethereum-Sepolia", "11155111", "0x779877A7B0D9E8603169DdbD7836e478b4624789", ("Sepolia",)),
    Network("Ethereum-Hoodi", "560048", "0x76c00B055414de203B79B4955E28119BF459033e", ("Hoodi",)),
    Network("0G-Galileo", "16602", "0xe5e3a4fF1773d043a387b16Ceb3c91cC49bAFD54"),
    Network("AB-Mainnet", "36888", "0x76a443768A5e3B8d1AED0105FC250877841Deb40", ("AB-Chain",)),
    Network("Abstract-Mainnet", "2741", "0x2Ea38D6cDb6774992d4A62fe622f4405663729Dd"),
    Network("Abstract-Sepolia", "11124", "0x6641415a61bCe80D97a715054d1334360Ab833Eb"),
    Network("ADI-Mainnet", "36900", "0x76a443768A5e3B8d1AED0105FC250877841Deb40", ("ADI-Network",)),
    Network("Apechain-Curtis", "33111", "0xa787B3E0471b718bBfEaA59B502fd0C4EBd7b74E"),
    Network("Apechain-Mainnet", "33139", "0xf575731b78981B86d34321d875A3D25a48479be6"),
    Network("Arbitrum-Mainnet", "42161", "0xf97f4df75117a78c1A5a0DBb814Af92458539FB4", ("Arbitrum", "Arbitrum-One")),
    Network("Arbitrum-Sepolia", "421614", "0xb1D4538B4571d411F07960EF2838Ce337FE1E80E"),
    Network("Astar-Mainnet", "592", "0x31EFB841d5e0b4082F7E1267dab8De1b853f2A9d"),
    Network("Astar-Shibuya", "81", "0xe74037112db8807B3B4B3895F5790e5bc1866a29"),
    Network("Avalanche-Fuji", "43113", "0x0b9d5D9136855f6FEc3c0993feE6E9CE8a297846"),
    Network("Avalanche-Mainnet", "43114", "0x5947BB275c521040051D82396192181b413227A3", ("Avalanche",)),
    Network("Base-Mainnet", "8453", "0x88Fb150BDc53A65fe94Dea0c9BA0a6dAf8C6e196", ("Base",)),
    Network("Base-Sepolia", "84532", "0xE4aB69C077896252FAFBD49EFD26B5D171A32410"),
    Network("Berachain-Mainnet", "80094", "0x71052BAe71C25C78E37fD12E5ff1101A71d9018F"),
    Network("Bitlayer-Mainnet", "200901", "0x56B275c0Ec034a229a1deD8DB17089544bc276D9"),
    Network("Bitlayer-Testnet", "200810", "0x2A5bACb2440BC17D53B7b9Be73512dDf92265e48"),
    Network("Bittensor-Mainnet", "964", "0xf09AFe78d3c7d359b334d7cB88995751F7eC5E13", ("Bittensor-EVM",)),
    Network("BNB-Mainnet", "56", "0x404460C6A5EdE2D891e8297795264fDe62ADBB75", ("BSC-Mainnet", "BNB-Chain-Mainnet")),
    Network("BNB-Testnet", "97", "0x84b9B910527Ad5C03A9Ca831909E21e236EA7b06", ("BSC-Testnet", "BNB-Chain-Testnet")),
    Network("Bob-Mainnet", "60808", "0x5aB885CDa7216b163fb6F813DEC1E1532516c833"),
    Network("Bob-Sepolia", "808813", "0xcd2AfB2933391E35e8682cbaaF75d9CA7339b183"),
    Network("Bsquared-Mainnet", "223", "0x709229D9587886a1eDFeE6b5cE636E1D70d1cE39"),
    Network("Bsquared-Testnet", "1123", "0x436a1907D9e6a65E6db73015F08f9C66F6B63E45"),
    Network("Celo-Mainnet", "42220", "0xd07294e6E917e07dfDcee882dd1e2565085C2ae0", ("Celo",)),
    Network("Core-Mainnet", "1116", "0x3902228D6A3d2Dc44731fD9d45FeE6a61c722D0b"),
    Network("Creditcoin-Mainnet", "102030", "0x76a443768A5e3B8d1AED0105FC250877841Deb40"),
    Network("Cronos-Mainnet", "25", "0x8c80A01F461f297Df7F9DA3A4f740D7297C8Ac85"),
    Network("Cronos-Testnet", "338", "0x2896e619Fa7c831A7E52b87EffF4d671bEc6B262"),
    Network("Cronos-zkEVM-Mainnet", "388", "0x61170ca9fB9cF98d4c7d684e07be6D969D59667E", ("Cronos-zkEVM",)),
    Network("Cronos-zkEVM-Sepolia", "240", "0xB96217A159cB11Bc51E87c8CAe46C7dF8826A827"),
    Network("DogeOS-Chikyu", "6281971", "0xe5e3a4fF1773d043a387b16Ceb3c91cC49bAFD54"),
    Network("Edge-Mainnet", "3343", "0x76a443768A5e3B8d1AED0105FC250877841Deb40"),
    Network("Edge-Testnet", "33431", "0xD610B8f58689de7755947C05342A2DFaC30ebD57"),
    Network("Etherlink-Mainnet", "42793", "0x8ce7618E8f8E514d13889283F58FF03B794e6CC3"),
    Network("Fantom-Mainnet", "250", "0x6F43FF82CCA38001B6699a8AC47A2d0E66939407", ("Fantom-Opera", "Fantom")),
    Network("Fantom-Testnet", "4002", "0xfaFedb041c0DD4fA2Dc0d87a6B0979Ee6FA7af5F"),
    Network("Fraxtal-Mainnet", "252", "0xd6A6ba37fAaC229B9665E86739ca501401f5a940"),
    Network("Gnosis-Chiado", "10200", "0xDCA67FD8324990792C0bfaE95903B8A64097754F"),
    Network("Gnosis-Mainnet", "100", "0xE2e73A1c69ecF83F464EFCE6A5be353a37cA09b2", ("Gnosis-Chain-Mainnet",)),
    Network("HashKey-Mainnet", "177", "0x71052BAe71C25C78E37fD12E5ff1101A71d9018F", ("HashKey-Chain",)),
    Network("HashKey-Testnet", "133", "0x8418c4d7e8e17ab90232DC72150730E6c4b84F57"),
    Network("Hedera-Mainnet", "295", "0x7Ce6bb2Cc2D3Fd45a974Da6a0F29236cb9513a98"),
    Network("Hemi-Mainnet", "43111", "0x63dbE12A6381D64adE47bc3D92aBF4393DFF4BC8"),
    Network("Hemi-Sepolia", "743111", "0x5246409a2e09134824c4E709602205B176491e57"),
    Network("Henesys-Mainnet", "68414", "0x76a443768A5e3B8d1AED0105FC250877841Deb40"),
    Network("HyperEVM-Mainnet", "999", "0x1AC2EE68b8d038C982C1E1f73F596927dd70De59", ("Hyperliquid-Mainnet",)),
    Network("HyperEVM-Testnet", "998", "0xDD311DBec8A24EdFabf5F985845a75F42e8f9544", ("Hyperliquid-Testnet",)),
    Network("Ink-Mainnet", "57073", "0x71052BAe71C25C78E37fD12E5ff1101A71d9018F"),
    Network("Ink-Sepolia", "763373", "0x3423C922911956b1Ccbc2b5d4f38216a6f4299b4"),
    Network("Janction-Sepolia", "679", "0x7311DED199CC28D80E58e81e8589aa160199FCD2"),
    Network("Jovay-Mainnet", "5734951", "0x76a443768A5e3B8d1AED0105FC250877841Deb40"),
    Network("Jovay-Sepolia", "2019775", "0xd3e461C55676B10634a5F81b747c324B85686Dd1"),
    Network(
        "Kaia-Kairos", "1001", "0xAF3243f975afe2269Da8Ffa835CA3A8F8B6A5A36", ("Klaytn-Baobab-Testnet", "Klaytn-Baobab")
    ),
    Network("Kaia-Mainnet", "8217", "0x7311DED199CC28D80E58e81e8589aa160199FCD2", ("Klaytn-Mainnet", "Kaia")),
    Network("Katana-Mainnet", "747474", "0xc2C447b04e0ED3476DdbDae8E9E39bE7159d27b6", ("Polygon-Katana",)),
    Network("Lens-Mainnet", "232", "0x6e970e8d6758164798290c8db1D79a527ca6e1B2"),
    Network("Lens-Sepolia", "37111", "0x7f1b9eE544f9ff9bB521Ab79c205d79C55250a36"),
    Network("Linea-Mainnet", "59144", "0xa18152629128738a5c081eb226335FEd4B9C95e9", ("Linea",)),
    Network("Linea-Sepolia", "59141", "0xF64E6E064a71B45514691D397ad4204972cD6508"),
    Network("Lisk-Mainnet", "1135", "0x71052BAe71C25C78E37fD12E5ff1101A71d9018F"),
    Network("Lisk-Sepolia", "4202", "0x6641415a61bCe80D97a715054d1334360Ab833Eb"),
    Network("Mantle-Mainnet", "5000", "0xfe36cF0B43aAe49fBc5cFC5c0AF22a623114E043", ("Mantle",)),
    Network("Mantle-Sepolia", "5003", "0x22bdEdEa0beBdD7CfFC95bA53826E55afFE9DE04"),
    Network("MegaETH-Mainnet", "4326", "0xee85aEfb15b9489563A6a29891ebe0750AA1A7Ae"),
    Network("MegaETH-Testnet", "6343", "0xAd1652471967E7FBf524245782A7f4430F6a4243"),
    Network("Merlin-Mainnet", "4200", "0x71052BAe71C25C78E37fD12E5ff1101A71d9018F"),
    Network("Merlin-Testnet", "686868", "0xB904d5b9a1e74F6576fFF550EeE75Eaa68e2dd50"),
    Network("Metal-Mainnet", "1750", "0x587d19DDF735D6B536aAdB1a2A92938eB23B8d5C"),
    Network("Metal-Testnet", "1740", "0x7ECBE3416d92E8d79C8e5d8EB8Aad5DdEdAa0237"),
    Network("Metis-Mainnet", "1088", "0xd2FE54D1E5F568eB710ba9d898Bf4bD02C7c0353", ("Metis-Andromeda", "Metis")),
    Network("Metis-Sepolia", "59902", "0x9870D6a0e05F867EAAe696e106741843F7fD116D"),
    Network("Mind-Testnet", "192940", "0xE0352dEd874c3E72d922CE533E136385fBE4a9B4"),
    Network("Mode-Mainnet", "34443", "0x183E3691EfF3524B2315D3703D94F922CbE51F54"),
    Network("Mode-Sepolia", "919", "0x925a4bfE64AE2bFAC8a02b35F78e60C29743755d"),
    Network("Monad-Mainnet", "143", "0x76f257B1DDA5cC71bee4eF637Fbdde4C801310A9"),
    Network("Moonbeam-Mainnet", "1284", "0x012414A392F9FA442a3109f1320c439C45518aC3", ("Moonbeam",)),
    Network("Moonriver-Mainnet", "1285", "0x8b12Ac23BFe11cAb03a634C1F117D64a7f2cFD3e", ("Moonriver",)),
    Network("Morph-Hoodi", "2910", "0xe5e3a4fF1773d043a387b16Ceb3c91cC49bAFD54"),
    Network("Morph-Mainnet", "2818", "0x76a443768A5e3B8d1AED0105FC250877841Deb40"),
    Network("Neo-X-Mainnet", "47763", "0xb25de57d73AB177FC091327Bcb725154dFBb5bFB", ("Neo-X",)),
    Network("Neo-X-T4", "12227332", "0x7F85bAC57B5D4b81F866F495c30AB8C8c453f6FD"),
    Network("OP-Mainnet", "10", "0x350a791Bfc2C21F9Ed5d10980Dad2e2638ffa7f6", ("Optimism-Mainnet", "Optimism")),
    Network("OP-Sepolia", "11155420", "0xE4aB69C077896252FAFBD49EFD26B5D171A32410", ("Optimism-Sepolia",)),
    Network("OpBNB-Mainnet", "204", "0x99f0d88B81b758AB07E22C7AbA00E0121a882dEA"),
    Network("OpBNB-Testnet", "5611", "0x56E16E648c51609A14Eb14B99BAB771Bee797045"),
    Network("Pharos-Mainnet", "1672", "0x51e2A24742Db77604B881d6781Ee16B5b8fcBE29"),
    Network("Plasma-Mainnet", "9745", "0x76a443768A5e3B8d1AED0105FC250877841Deb40"),
    Network("Plume-Mainnet", "98866", "0xb549B375dA0c76f8b3877B9aDfDD28378f087A64"),
    Network("Plume-Testnet", "98867", "0xB97e3665AEAF96BDD6b300B2e0C93C662104A068"),
    Network("Polygon-Amoy", "80002", "0x0Fd9e8d3aF1aaee056EB9e802c3A762a667b1904"),
    Network("Polygon-Mainnet", "137", "0xb0897686c545045aFc77CF20eC7A532E3120E0F1", ("Matic-Mainnet", "Polygon")),
    Network("Robinhood-Mainnet", "4663", "0x492641F648a4986844848E0beFE66D14817bCE34", ("Robinhood-Chain",)),
    Network("Ronin-Mainnet", "2020", "0x3902228D6A3d2Dc44731fD9d45FeE6a61c722D0b", ("Ronin",)),
    Network("Ronin-Saigon", "202601", "0x2282DA461850d900ba7E777b6D4161a415860931"),
    Network("Rootstock-Mainnet", "30", "0x938D84942f5D924070A6bb82F8e56a5E2b3098A4", ("RSK-Mainnet", "Rootstock")),
    Network("Rootstock-Testnet", "31", "0x39dD98CcCC3a51b2c0007e23517488e363581264", ("RSK-Testnet",)),
    Network("Scroll-Mainnet", "534352", "0x548C6944cba02B9D1C0570102c89de64D258d3Ac", ("Scroll",)),
    Network("Scroll-Sepolia", "534351", "0x231d45b53C905c3d6201318156BDC725c9c3B9B1"),
    Network("Sei-Mainnet", "1329", "0x71052BAe71C25C78E37fD12E5ff1101A71d9018F", ("Sei-Network",)),
    Network("Sei-Testnet", "1328", "0xA9d21ed8260DE08fF39DC5e7B65806d4e1CB817B"),
    Network("Shibarium-Mainnet", "109", "0x71052BAe71C25C78E37fD12E5ff1101A71d9018F"),
    Network("Shibarium-Puppynet", "157", "0x44637eEfD71A090990f89faEC7022fc74B2969aD"),
    Network("Soneium-Mainnet", "1868", "0x32D8F819C8080ae44375F8d383Ffd39FC642f3Ec"),
    Network("Soneium-Minato", "1946", "0x7ea13478Ea3961A0e8b538cb05a9DF0477c79Cd2"),
    Network("Sonic-Mainnet", "146", "0x71052BAe71C25C78E37fD12E5ff1101A71d9018F", ("Sonic",)),
    Network("Sonic-Testnet", "14601", "0x19e696e75ccbB3155EEbB579BFa555Fab22293bA"),
    Network("Stable-Mainnet", "988", "0x985FB0821Eef0056ec26DD8b33dC61b9415B7F4b"),
    Network("Superseed-Mainnet", "5330", "0x41Ccf59e3F30EB624eF8E5Ea34b2da96bee472d9"),
    Network("Superseed-Sepolia", "53302", "0xA3063eE34d9B4E407DF0E153c9bE679680e3A956"),
    Network("TAC-Mainnet", "239", "0xc2BE2F77562A6676098e8D363B9d8A33Ea009D4e"),
    Network("TAC-Saint-Petersburg", "2391", "0xe5e3a4fF1773d043a387b16Ceb3c91cC49bAFD54"),
    Network("Taiko-Mainnet", "167000", "0x917a3964C37993e99a47C779bEb5Db1E9d13804d", ("Taiko-Alethia",)),
    Network("Tempo-Mainnet", "4217", "0x15C03488B29e27d62BAf10E30b0c474bf60E0264"),
    Network("Tempo-Moderato", "42431", "0xEAB080c724587fFC9F2EFF82e36EE4Fb27774959"),
    Network("Unichain-Mainnet", "130", "0xEF66491eab4bbB582c57b14778afd8dFb70D8A1A", ("Unichain",)),
    Network("Unichain-Sepolia", "1301", "0xda40816f278Cd049c137F6612822D181065EBfB4"),
    Network("Wemix-Mainnet", "1111", "0x80f1FcdC96B55e459BF52b998aBBE2c364935d69"),
    Network("Wemix-Testnet", "1112", "0x3580c7A817cCD41f7e02143BFa411D4EeAE78093"),
    Network("World-Chain-Mainnet", "480", "0x915b648e994d5f31059B38223b9fbe98ae185473", ("World-Chain",)),
    Network("World-Chain-Sepolia", "4801", "0xC82Ea35634BcE95C394B6BC00626f827bB0F4801"),
    Network("X-Layer-Mainnet", "196", "0x8aF9711B44695a5A081F25AB9903DDB73aCf8FA9", ("X-Layer",)),
    Network("XDC-Apothem", "51", "0xe5e3a4fF1773d043a387b16Ceb3c91cC49bAFD54"),
    Network("XDC-Mainnet", "50", "0xE27dd9BF01B55ce6803c0d81386A04212c718b95"),
    Network("Zircuit-Mainnet", "48900", "0x5D6d033B4FbD2190D99D930719fAbAcB64d2439a"),
    Network(
        "ZKsync-Mainnet", "324", "0x52869bae3E091e36b0915941577F2D47d8d8B534", ("ZKsync-Era", "ZKsync-Era-Mainnet")
    ),
    Network("ZKsync-Sepolia", "300", "0x23A1aFD896c8c8876AF46aDc38521f4432658d1e"),
    Network("Zora-Mainnet", "7777777", "0x3662B6f73c5560229D1a98aF6e59E6649D568374"),
    Network("Zora-Testnet", "999999999", "0xBEDDEB2DF8904cdBCFB6Bf29b91d122D5Ae4eb7e"),
)

#: Networks that are gone: name -> (chain id, successor in this table or None).
RETIRED: dict[str, tuple[str, str | None]] = {
    "Ethereum-Ropsten": ("3", "Ethereum-Sepolia"),
    "Ethereum-Rinkeby": ("4", "Ethereum-Sepolia"),
    "Ethereum-Goerli": ("5", "Ethereum-Sepolia"),
    "Ethereum-Kovan": ("42", "Ethereum-Sepolia"),
    "Ethereum-Holesky": ("17000", "Ethereum-Hoodi"),
    "Matic-Mumbai": ("80001", "Polygon-Amoy"),
    "Polygon-Mumbai": ("80001", "Polygon-Amoy"),
    "Arbitrum-Rinkeby": ("421611", "Arbitrum-Sepolia"),
    "Arbitrum-Goerli": ("421613", "Arbitrum-Sepolia"),
    "Optimism-Kovan": ("69", "OP-Sepolia"),
    "Optimism-Goerli": ("420", "OP-Sepolia"),
    "Base-Goerli": ("84531", "Base-Sepolia"),
    "Heco-Mainnet": ("128", None),
    "Harmony-Mainnet": ("1666600000", None),
    "Berachain-Bartio": ("80084", None),
    "Celo-Alfajores": ("44787", None),
    "Kroma-Mainnet": ("255", None),
    "Kroma-Sepolia": ("2358", None),
    "Sonic-Blaze": ("57054", "Sonic-Testnet"),
}
