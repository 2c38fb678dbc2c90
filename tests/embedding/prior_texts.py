"""Memories as people and agents write them, in English and Chinese: the shipped prior means are measured on these.

`python tests/embedding/prior_texts.py` writes `ntm_memory/embedding/e5_prior.npz` anew; a test compares.
"""

from __future__ import annotations

import numpy as np

ENGLISH = """
Mia drinks green tea every morning before work.
I moved from Lisbon to Rotterdam in March because of the new job.
The staging database password is kept in the team vault, not in the repository.
Tom: Hey! How was your weekend? I finally finished painting the kitchen.
Sara: Thanks, it was great! We went hiking with the kids and saw two deer.
My daughter's birthday is on the ninth of June and she wants a telescope.
Deploy only after the smoke tests are green; last Friday we forgot and had to roll back.
The dentist appointment was moved from Tuesday to Thursday at 14:30.
User prefers short answers with code first and the explanation afterwards.
I'm allergic to peanuts, so please never suggest satay.
We decided to use PostgreSQL instead of MongoDB because we need transactions.
Dad had his knee operation yesterday; he can walk again in six weeks.
The flight to Osaka leaves at 07:45 from gate B22.
Remember that the client hates blue and wants the logo in dark red.
I started learning the cello last year and practise twenty minutes a day.
Alex: I'm so nervous about the interview tomorrow, wish me luck!
Our landlord raised the rent by eighty euros from January.
The function parse_date fails on two-digit years; fixed in commit 3fa9c1.
My favourite book is The Left Hand of Darkness.
Grandma's recipe needs three eggs, a cup of sugar and the peel of one lemon.
The cat ran away on Monday and came back on Wednesday, hungry but unhurt.
Meeting notes: budget approved, hiring frozen until autumn, next review in May.
She told me that she is expecting a baby, but nobody at work knows yet.
I sold the old car for 2,300 dollars and bought a second-hand bicycle.
The wifi at the cabin is terrible, so download the maps beforehand.
Jonas volunteers at the animal shelter every second Saturday.
API rate limit is 600 requests per minute, with bursts of up to 50.
I quit smoking four months ago and it is still hard after dinner.
We watched a documentary about octopuses, and now the kids refuse to eat calamari.
Please call me Sam, not Samuel.
The invoice 2024-118 is still unpaid; send a friendly reminder next week.
Last summer we camped by the lake and it rained for six days.
My sister lives in Toronto with her husband and their twins.
The build takes eleven minutes on the old machine and four on the new one.
I feel much calmer since I began to meditate in the evening.
Nina: That painting is beautiful! Did you use oil or acrylic?
Paul: Acrylic, it dries faster. I painted it after the divorce.
The warranty of the washing machine ends in October 2027.
He works as a nurse on the night shift and sleeps until noon.
For the thesis I compare three ways of measuring soil moisture.
The children start school at eight and football training at four.
I hate being called on the phone; text me instead.
The museum is closed on Mondays and free on the first Sunday of the month.
We adopted a three-legged dog named Pepper from the shelter.
Use tabs in the Makefile and four spaces everywhere else.
The heating broke again, and the repairman comes on Friday between nine and noon.
I ran my first half marathon in two hours and six minutes.
My password manager is locked, I need the recovery code from the safe.
They got engaged in Venice on New Year's Eve.
The quarterly report showed sales of 4.2 million, nine percent more than last year.
I take 50 mg of the medicine in the morning, with food.
Our team lunch is at the Vietnamese place around the corner.
Emma plays the violin in the city's youth orchestra.
The bug appears only when the time zone has a half-hour offset.
I promised to water Mr. Novak's plants while he is in Prague.
The wedding will be small: thirty guests, a garden and a brass band.
He lent me 200 dollars and I paid half of it back in April.
Today I talked to the teacher about Leo's reading, and she was optimistic.
The new neighbour is a carpenter and offered to repair the fence.
We agreed that the release is called Heron and ships on the first of March.
I can't stand horror films, but I love crime series from Denmark.
The router's address is 192.168.0.1 and the admin page needs HTTPS.
She studied chemistry in Leipzig before she became a pastry chef.
Every Thursday we play board games with the Okafors.
Kate: I just got the keys to my own bakery, I can't believe it!
The bus was late, so I missed the first ten minutes of the concert.
My blood type is A negative.
The electrician said that the fuse box has to be replaced this year.
I want to visit Iceland when the northern lights are visible.
We changed the logging level to warning because the disk was full.
"""

CHINESE = """
米娅每天早上上班前都要喝一杯绿茶。
我三月份因为换工作从杭州搬到了成都。
测试环境的数据库密码放在团队的保险库里，不要写进代码仓库。
小王：周末过得怎么样？我终于把厨房刷完了。
小李：挺好的！我们带孩子去爬山，还看到了两只鹿。
女儿的生日是六月九号，她想要一台望远镜。
冒烟测试通过以后才能上线，上周五忘了，结果只好回滚。
看牙医的时间从周二改到了周四下午两点半。
用户喜欢简短的回答，先给代码再解释。
我对花生过敏，请不要推荐沙爹。
因为需要事务，我们决定用PostgreSQL而不是MongoDB。
爸爸昨天做了膝盖手术，六个星期后才能走路。
去大阪的航班七点四十五分起飞，登机口是B22。
记住客户不喜欢蓝色，标志要用深红色。
去年我开始学大提琴，每天练二十分钟。
小张：明天面试好紧张，祝我好运吧！
房东从一月起把房租涨了五百块。
函数parse_date处理两位数年份会出错，已经修好了。
我最喜欢的书是《红楼梦》。
外婆的菜谱要三个鸡蛋、一杯糖和一个柠檬的皮。
猫周一跑丢了，周三自己回来了，饿坏了但没受伤。
会议纪要：预算通过，秋天以前不招人，五月再评审。
她告诉我她怀孕了，不过公司里还没人知道。
我把旧车卖了两万三，买了一辆二手自行车。
山里的小屋信号很差，地图要提前下载好。
志强每隔一个星期六去流浪动物收容所做志愿者。
接口限流是每分钟六百次，短时间可以到五十并发。
我戒烟四个月了，晚饭后还是很难熬。
我们看了一部关于章鱼的纪录片，现在孩子们不肯吃鱿鱼了。
请叫我小陈，不要叫陈总。
第118号发票还没有付款，下周客气地提醒一下。
去年夏天我们在湖边露营，下了六天的雨。
我姐姐和姐夫带着双胞胎住在多伦多。
旧机器上编译要十一分钟，新机器只要四分钟。
自从晚上开始冥想，我平静多了。
小红：这幅画真漂亮！你用的是油画颜料还是丙烯？
阿杰：丙烯，干得快，是我离婚以后画的。
洗衣机的保修到2027年10月为止。
他是夜班护士，通常睡到中午。
论文里我比较了三种测量土壤湿度的方法。
孩子们八点上学，四点踢足球。
我不喜欢接电话，请给我发短信。
博物馆周一闭馆，每月第一个星期天免费。
我们从收容所领养了一只三条腿的狗，叫胡椒。
Makefile里用制表符，别的地方用四个空格。
暖气又坏了，修理工星期五上午来。
我第一次跑半程马拉松，用了两小时零六分。
密码管理器被锁住了，要用保险柜里的恢复码。
他们除夕夜在威尼斯订婚了。
季度报告显示销售额四百二十万，比去年多百分之九。
这个药我每天早上饭后吃五十毫克。
我们部门聚餐在拐角那家越南馆子。
小雨在市青年乐团拉小提琴。
这个错误只有在时区有半小时偏移的时候才出现。
我答应在刘老师去北京的时候帮他浇花。
婚礼规模不大，三十位客人，一个花园，一支乐队。
他借给我两千块，四月份我还了一半。
今天和老师谈了乐乐的阅读，她很乐观。
新来的邻居是木匠，愿意帮我们修篱笆。
我们商定这个版本叫苍鹭，三月一号发布。
我受不了恐怖片，但是很喜欢看悬疑剧。
路由器地址是192.168.0.1，管理页面要用HTTPS。
她当糕点师之前在武汉学的是化学。
每个星期四我们都和邻居一家玩桌游。
小美：我刚拿到自己面包店的钥匙，真不敢相信！
公交车晚点，音乐会开头十分钟没赶上。
我的血型是A型阴性。
电工说配电箱今年必须换。
我想在能看到北极光的时候去冰岛。
因为磁盘满了，我们把日志级别改成了警告。
"""


def sentences(block: str) -> list[str]:
    return block.strip().splitlines()


def measure_prior(embedder) -> np.ndarray:
    """(2, dim) float32: the mean key of the English and of the Chinese sentences."""
    return np.stack([embedder.encode_memories(sentences(block)).mean(axis=0) for block in (ENGLISH, CHINESE)])


if __name__ == "__main__":
    from ntm_memory.embedding.e5 import PRIOR, E5Embedder

    np.savez(PRIOR, means=measure_prior(E5Embedder()))
